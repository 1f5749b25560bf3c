// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The text of a QR code, for browsers and systems; the last row is the first one with a new secret.
import { buildPairingQRData, getCompanionPlatformId } from '@whiskeysockets/baileys';
import { begin, bytes } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { hex, makePair } from './keys.mjs';

const BROWSERS = [
  ['Mac OS', 'Chrome'],
  ['Windows', 'Edge'],
  ['Ubuntu', 'Firefox'],
  ['Mac OS', 'Safari'],
  ['Linux', 'Opera'],
  ['Mac OS', 'Desktop'],
  ['Windows', 'Desktop'],
  ['Linux', 'Something'],
];

export function makeQr(folder) {
  begin('qr');
  const [noise, identity, secret] = [makePair().public, makePair().public, bytes(32)];
  const makeRow = (ref, [os, browser], adv = secret) => {
    const keys = [noise, identity, adv].map((key) => key.toString('base64'));
    return {
      ref,
      adv_secret: hex(adv),
      os,
      browser,
      client_type: getCompanionPlatformId([os, browser]),
      qr: buildPairingQRData(ref, ...keys, [os, browser]),
      old_form: [ref, ...keys].join(),
    };
  };
  const refs = [bytes(60), bytes(60)].map((ref) => `2@${ref.toString('base64')}`);
  write(folder, 'qr.json', {
    purpose: 'The text of a QR code that links a device',
    produced_by: PRODUCED_BY,
    noise_public: hex(noise),
    identity_public: hex(identity),
    vectors: [
      makeRow(refs[0], BROWSERS[0]),
      makeRow(refs[1], BROWSERS[0]),
      makeRow('2@AbC+/xyz==', BROWSERS[0]),
      ...BROWSERS.slice(1).map((browser) => makeRow(refs[0], browser)),
      makeRow(refs[0], BROWSERS[0], bytes(32)),
    ],
  });
}
