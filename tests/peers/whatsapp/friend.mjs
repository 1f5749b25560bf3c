#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Somebody to talk to at the double, for people who try Ulak in a terminal:
//
//   node friend.mjs PLACES PHONE TO
//
// PLACES is the file with the line that main.mjs printed. A client of its own (client.mjs, keys in memory) is linked to PHONE, whose
// simulated phone scans the QR by itself. Each line typed goes to TO; each message that comes is printed. Ends with its input.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [file, phone, to] = process.argv.slice(2);

if (!to) {
  console.error('usage: friend.mjs PLACES PHONE TO');
  process.exit(2);
}
const places = JSON.parse(readFileSync(file, 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'ulak-friend-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'ca.pem'), places.ca);

const program = join(dirname(fileURLToPath(import.meta.url)), 'client.mjs');
const media = places.media_url.replace('https://', '');
const client = spawn(process.execPath, [program, '--server', places.ws_url, '--store', 'memory', '--map', `*=${media}`], {
  env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
  stdio: ['pipe', 'pipe', 'inherit'],
});
let calls = 0;
let isLinked = false;

function call(name, more = {}) {
  calls += 1;
  client.stdin.write(`${JSON.stringify({ id: calls, call: name, ...more })}\n`);
}

async function scan({ text }) {
  const body = JSON.stringify({ qr: text });
  const answer = await fetch(`${places.url}/accounts/${phone}/scan`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`the phone ${phone} did not link: ${await answer.text()}`);
}

function textOf(message) {
  return message?.conversation ?? message?.extendedTextMessage?.text;
}

const handlers = {
  qr: (data) => (isLinked ? null : scan(data)),
  connection({ connection, isNewLogin }) {
    isLinked ||= Boolean(isNewLogin);
    if (connection === 'open') console.log(`${phone} is linked; what you type goes to ${to}`);
  },
  message({ key, message, kind }) {
    if (!key.fromMe) console.log(`< ${textOf(message) ?? `(${kind})`}`);
  },
};

createInterface({ input: client.stdout }).on('line', async (line) => {
  const { event, data, error } = JSON.parse(line);
  if (error) console.error(`friend.mjs: ${error.message}`);
  try {
    await handlers[event]?.(data);
  } catch (failure) {
    console.error(`friend.mjs: ${failure.message}`);
    process.exit(1);
  }
});
client.on('exit', (code) => process.exit(code ?? 1));
createInterface({ input: process.stdin })
  .on('line', (text) => text && call('sendText', { to: `${to}@s.whatsapp.net`, text, wait: 'ack' }))
  .on('close', () => client.stdin.end());
call('connect');
