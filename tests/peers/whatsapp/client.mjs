#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A linked device that we did not write, Baileys unmodified, driven by a test. README.md has its calls and events.
//
//   node client.mjs --server ws://127.0.0.1:PORT/ws/chat [--auth FOLDER] [--store memory|file] [--map NAME=127.0.0.1:PORT]...
//                   [--bench] [--connect] [--offline] [--full-history] [--one-lock] [--log LEVEL]
import './compat.mjs';
import { stayOnLoopback, readMap } from './client/loopback.mjs';
import { serve, tell } from './client/wire.mjs';
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    server: { type: 'string' },
    auth: { type: 'string' },
    store: { type: 'string' },
    map: { type: 'string', multiple: true, default: [] },
    bench: { type: 'boolean', default: false },
    connect: { type: 'boolean', default: false },
    offline: { type: 'boolean', default: false },
    'full-history': { type: 'boolean', default: false },
    'one-lock': { type: 'boolean', default: false },
    log: { type: 'string', default: 'silent' },
  },
});
const store = options.store ?? (options.auth ? 'file' : 'memory');

function refuse(reason) {
  console.error(`client.mjs: ${reason}`);
  process.exit(2);
}

if (!options.server) refuse('--server is missing');
if (!['memory', 'file'].includes(store)) refuse(`--store is ‘${store}’; allowed: memory, file`);
if (store === 'file' && !options.auth) refuse('--store file needs --auth FOLDER');
stayOnLoopback(readMap(options.map));

// Only now: the guard stands before the package is loaded.
const { default: pino } = await import('pino');
const { openAuth } = await import('./client/auth.mjs');
const { Kept } = await import('./client/kept.mjs');
const { Bench } = await import('./client/bench.mjs');
const { Connection } = await import('./client/connection.mjs');
const { makeSends } = await import('./client/sends.mjs');
const { makeGroups } = await import('./client/groups.mjs');
const { makeAccount } = await import('./client/account.mjs');
const { makeFiles } = await import('./client/files.mjs');
const { makeLoad } = await import('./client/load.mjs');

if (store === 'file') mkdirSync(options.auth, { recursive: true });
// libsignal talks on the console, and shows private keys there.
if (options.log === 'silent')
  for (const name of ['log', 'info', 'warn', 'error', 'debug']) console[name] = () => {};
const logger = pino({ level: options.log }, pino.destination(2));
const auth = await openAuth({ store, auth: options.auth, logger });
const kept = new Kept(store === 'file' && !options.bench ? options.auth : null);
const bench = new Bench(options.bench);
const connection = new Connection({
  server: options.server,
  auth,
  kept,
  bench,
  logger,
  isBench: options.bench,
  hasOneLock: options['one-lock'],
  config: {
    markOnlineOnConnect: !options.offline,
    syncFullHistory: options['full-history'],
    appStateMacVerification: { patch: true, snapshot: true },
  },
});

// Any function of the socket, by its name or by the way to it: ‘groupMetadata’, ‘ws.close’.
async function callSocket({ function: path, args = [] }) {
  const names = path.split('.');
  const name = names.pop();
  const owner = names.reduce((object, part) => object[part], connection.sock);
  if (typeof owner?.[name] !== 'function') throw new Error(`the socket has no function ‘${path}’`);
  return owner[name](...args);
}

async function exit() {
  connection.close();
  await auth.save();
  await auth.settle();
  setImmediate(() => process.exit(0));
}

const calls = {
  connect: () => connection.open(),
  disconnect: () => connection.close(),
  requestCode: ({ phone, code }) => connection.sock.requestPairingCode(phone, code),
  me: () => auth.state.creds.me ?? null,
  credentials: () => auth.state.creds,
  call: callSocket,
  bench: () => bench.read(),
  resetBench: () => bench.reset(),
  exit,
  ...makeSends(connection, kept),
  ...makeGroups(connection),
  ...makeAccount(connection, kept),
  ...makeFiles(connection, kept, logger),
  ...makeLoad(connection),
};

process.on('unhandledRejection', (error) => tell('error', error));
tell('started', { pid: process.pid, store });
if (options.connect) connection.open();
await serve(calls);
await exit();
