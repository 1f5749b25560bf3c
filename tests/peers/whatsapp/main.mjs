#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Starts the server double: `node main.mjs [JSON of options]`. One line of JSON on standard output says where it is; it
// ends when its standard input does, so that no test leaves one behind.

import './compat.mjs';
import { Server } from './server.mjs';
import { startControl } from './control.mjs';

// libsignal talks on the console; standard output is ours.
for (const name of ['log', 'info', 'warn', 'error', 'debug']) console[name] = () => {};

const server = new Server(JSON.parse(process.argv[2] ?? '{}'));
const ports = await server.listen();
const control = await startControl(server, server.options.control_port);
process.stdout.write(
  `${JSON.stringify({
    url: `http://127.0.0.1:${control}`,
    ws_url: `ws://127.0.0.1:${ports.plain}/ws/chat`,
    wss_url: `wss://127.0.0.1:${ports.secure}/ws/chat`,
    media_url: `https://127.0.0.1:${ports.media}`,
    plain_media_url: `http://127.0.0.1:${ports.plainMedia}`,
    root_key: server.certificate.rootHex,
    ca: server.tls.ca,
  })}\n`,
);
// A fault of the double itself: seen in the journal, where tests look for it.
for (const kind of ['uncaughtException', 'unhandledRejection'])
  process.on(kind, (error) => server.journal.event('internal-error', { text: `${error?.stack ?? error}` }));
process.stdin
  .on('end', () => process.exit(0))
  .on('error', () => process.exit(0))
  .resume();
process.on('SIGTERM', () => process.exit(0));
