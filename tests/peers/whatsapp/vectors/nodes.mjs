// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Nodes on the wire: what the package encodes, what it decodes that back to, and what it refuses.
import {
  decodeBinaryNode,
  encodeBinaryNode,
  jidDecode,
  jidNormalizedUser,
  WAJIDDomains,
} from '@whiskeysockets/baileys';
import { begin } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { hex, unhex } from './keys.mjs';
import { DECODED, makeRows, MALFORMED, n, WRITTEN_OTHERWISE } from './node-rows.mjs';
import { toPlain } from './plain.mjs';
import { deflate } from './zlib.mjs';

const decode = async (wire) => toPlain(await decodeBinaryNode(wire));

export async function makeVector([name, node]) {
  const wire = encodeBinaryNode(node);
  const decoded = await decode(wire);
  const written = toPlain(node);
  const isSame = JSON.stringify(decoded) === JSON.stringify(written);
  return { name, direction: 'both', node: written, encoded: hex(wire), ...(isSame ? {} : { decoded }) };
}

const readVector = async ([name, encoded]) => ({
  name,
  direction: 'decode',
  decoded: await decode(unhex(encoded)),
  encoded,
});

async function writtenOtherwise([name, node]) {
  const encoded = hex(encodeBinaryNode(node));
  return { name, direction: 'decode', encoded, decoded: await decode(unhex(encoded)) };
}

async function makeZlib() {
  const users = Array.from({ length: 8 }, (_, i) => n('user', { jid: `1555123456${i}@s.whatsapp.net` }));
  const wire = encodeBinaryNode(
    n('iq', { from: '@s.whatsapp.net', type: 'result', id: '77.1-2' }, [n('list', {}, users)]),
  );
  const frame = Buffer.concat([Buffer.from([2]), deflate(wire.subarray(1))]);
  return readVector(['zlib compressed frame (flag bit 0x02)', hex(frame)]);
}

async function refuse([name, encoded]) {
  try {
    await decodeBinaryNode(unhex(encoded));
  } catch {
    return { name, direction: 'decode_error', encoded };
  }
  throw new Error(`the node ‘${name}’ was not refused`);
}

const JIDS = [
  '15551234567@s.whatsapp.net',
  '15551234567:3@s.whatsapp.net',
  '123456789012345@lid',
  '123456789012345:3@lid',
  '15551234567:99@hosted',
  '123456789012345:99@hosted.lid',
  '120363012345678901@g.us',
  'status@broadcast',
  '16505361212@c.us',
  '867051314767696@bot',
];

function describeJid(jid) {
  const { user, server, device = 0, domainType } = jidDecode(jid);
  const domain = domainType ?? WAJIDDomains.WHATSAPP;
  return {
    jid,
    user,
    server,
    device,
    domain_type: domain,
    normalized_user: jidNormalizedUser(jid),
    signal_name: domain === WAJIDDomains.WHATSAPP ? user : `${user}_${domain}`,
    signal_device: device,
  };
}

export async function makeNodes(folder) {
  begin('nodes');
  const vectors = [];
  for (const row of makeRows()) vectors.push(await makeVector(row));
  for (const row of WRITTEN_OTHERWISE) vectors.push(await writtenOtherwise(row));
  for (const row of DECODED) vectors.push(await readVector(row));
  vectors.push(await makeZlib());
  for (const row of MALFORMED) vectors.push(await refuse(row));
  write(folder, 'nodes.json', { produced_by: PRODUCED_BY, vectors });
  write(folder, 'jids.json', { produced_by: PRODUCED_BY, vectors: JIDS.map(describeJid) });
}
