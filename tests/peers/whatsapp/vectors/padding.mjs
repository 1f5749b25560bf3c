// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Padding of messages: each length there is, and what is no padding.
import { unpadRandomMax16 } from '@whiskeysockets/baileys';
import { begin, bytes } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { hex, unhex } from './keys.mjs';

function makeRow(_, i) {
  const pad = i + 1;
  const plain = bytes(pad === 5 ? 0 : 3 * pad);
  const padded = Buffer.concat([plain, Buffer.alloc(pad, pad)]);
  if (hex(unpadRandomMax16(padded)) !== hex(plain)) throw new Error('a padding does not come off');
  return { plain: hex(plain), padded: hex(padded), pad };
}

const INVALID = [
  { padded: '', reason: 'empty' },
  { padded: '05', reason: 'pad longer than the data' },
  { padded: '000000ff', reason: 'pad longer than the data' },
];

function assertRefused({ padded }) {
  try {
    unpadRandomMax16(unhex(padded));
  } catch {
    return;
  }
  throw new Error(`the padding ‘${padded}’ was not refused`);
}

export function makePadding(folder) {
  begin('padding');
  INVALID.forEach(assertRefused);
  write(folder, 'padding.json', {
    produced_by: PRODUCED_BY,
    valid: Array.from({ length: 16 }, makeRow),
    invalid: INVALID,
  });
}
