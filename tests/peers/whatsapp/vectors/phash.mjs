// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The hash over a list of devices. The package’s own helper makes another one, which it never sends; that of the empty list
// stands in the dictionary and is compared.
import { jidDecode } from '@whiskeysockets/baileys';
import { DOUBLE_BYTE_TOKENS } from '@whiskeysockets/baileys/lib/WABinary/constants.js';
import { createHash } from 'node:crypto';
import { begin } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';

const LISTS = [
  [],
  ['15551234567@s.whatsapp.net'],
  ['15551234567@s.whatsapp.net', '15551234567:12@s.whatsapp.net', '491701234567@s.whatsapp.net'],
  ['123456789012345@lid', '123456789012345:3@lid', '99@lid', '100000000000000:21@lid'],
];

const spell = (jid) => {
  const { user, server, device = 0 } = jidDecode(jid);
  return `${user}.0:${device}@${server}`;
};

function makeRow(devices) {
  const sorted = devices.map(spell).sort();
  const digest = createHash('sha256').update(sorted.join('')).digest();
  return { devices, sorted_ad_strings: sorted, phash: `2:${digest.subarray(0, 6).toString('base64')}` };
}

export function makePhash(folder) {
  begin('phash');
  const vectors = LISTS.map(makeRow);
  if (!DOUBLE_BYTE_TOKENS.flat().includes(vectors[0].phash))
    throw new Error('the dictionary has another hash of nothing');
  write(folder, 'crypto/phash.json', {
    purpose: 'The hash over a list of devices',
    produced_by: PRODUCED_BY,
    checked: 'the hash of the empty list stands in the dictionary',
    vectors,
  });
}
