// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Key derivations and the curve, each computed by the package and again by node's own crypto or from the other side.
import { derivePairingCodeKey, encodeBigEndian, hkdf, md5 } from '@whiskeysockets/baileys';
import { createHash, createHmac, hkdfSync, pbkdf2Sync } from 'node:crypto';
import { expandAppStateKeys } from 'whatsapp-rust-bridge';
import { begin, bytes } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { agree, flip, hex, isSigned, makePair, sign, writePair } from './keys.mjs';

const assertSame = (a, b, name) => {
  if (hex(a) !== hex(b)) throw new Error(`${name}: two ways, two results`);
};

function makeHkdf([ikm, salt, info, length]) {
  const okm = Buffer.from(hkdf(ikm, length, { salt: salt ?? undefined, info }));
  assertSame(okm, Buffer.from(hkdfSync('sha256', ikm, salt ?? Buffer.alloc(0), info, length)), 'HKDF');
  return { ikm: hex(ikm), salt: salt && hex(salt), info, length, okm: hex(okm) };
}

const hkdfRows = () => [
  [bytes(32), null, '', 64],
  [bytes(32), bytes(32), '', 64],
  [bytes(32), null, 'WhatsApp Image Keys', 112],
  [bytes(32), Buffer.alloc(32), 'WhisperGroup', 48],
  [bytes(32), null, 'adv_secret', 32],
  [bytes(32), bytes(7), 'x', 510],
  [Buffer.alloc(0), bytes(32), '', 64],
];

async function makePbkdf2(password) {
  const salt = bytes(32);
  const key = await derivePairingCodeKey(password, salt);
  assertSame(key, pbkdf2Sync(password, salt, 131072, 32, 'sha256'), 'PBKDF2');
  return { password, salt: hex(salt), iterations: 131072, hash: 'SHA-256', key: hex(key) };
}

function makeAppState() {
  const data = bytes(32);
  const keys = expandAppStateKeys(data);
  const parts = ['indexKey', 'valueEncryptionKey', 'valueMacKey', 'snapshotMacKey', 'patchMacKey'].map(
    (name) => Buffer.from(keys[name]),
  );
  assertSame(
    Buffer.concat(parts),
    Buffer.from(hkdfSync('sha256', data, '', 'WhatsApp Mutation Keys', 160)),
    'app state',
  );
  const [index, value, valueMac, snapshot, patch] = parts.map(hex);
  return {
    key_data: hex(data),
    index_key: index,
    value_encryption_key: value,
    value_mac_key: valueMac,
    snapshot_mac_key: snapshot,
    patch_mac_key: patch,
  };
}

function makeMessageId([time, user]) {
  const random = bytes(16);
  const seconds = Buffer.alloc(8);
  seconds.writeBigUInt64BE(BigInt(time));
  const head = Buffer.concat([seconds, Buffer.from(`${user}@c.us`), Buffer.alloc(20)]).subarray(0, 28);
  const hashed = Buffer.concat([head, random]);
  const id = `3EB0${createHash('sha256').update(hashed).digest('hex').slice(0, 18).toUpperCase()}`;
  return { unix_time: time, own_user: user, random: hex(random), hashed: hex(hashed), id };
}

function makeCurve(_, i) {
  const [a, b, message] = [makePair(), makePair(), bytes(17 * i)];
  const shared = agree(a, b.public);
  assertSame(shared, agree(b, a.public), 'agreement');
  const signature = sign(a, message);
  const bad = flip(signature, 44);
  if (!isSigned(a.public, message, signature) || isSigned(a.public, message, bad))
    throw new Error('a signature is wrong');
  return {
    a: writePair(a),
    b: writePair(b),
    shared: hex(shared),
    message: hex(message),
    signature_by_a: hex(signature),
    bad_signature: hex(bad),
  };
}

const BIG_ENDIAN = [
  [0, 4],
  [1, 4],
  [12345, 4],
  [16383, 4],
  [1, 3],
  [812, 3],
  [16777214, 3],
];

function makeCsToken() {
  const salt = bytes(32);
  const lid = '123456789012345@lid';
  return { nct_salt: hex(salt), lid, cstoken: createHmac('sha256', salt).update(lid).digest('hex') };
}

export async function makeKeyDerivations(folder) {
  begin('key-derivations');
  write(folder, 'crypto/key-derivations.json', {
    purpose: 'HKDF, PBKDF2, keys of app state, message ids, integers, agreements and signatures',
    produced_by: PRODUCED_BY,
    checked:
      'derivations were computed twice, agreements from both sides, signatures verified and the bad ones refused',
    hkdf: hkdfRows().map(makeHkdf),
    pbkdf2: [await makePbkdf2('ABCD1234'), await makePbkdf2('ZZZZZZZZ')],
    app_state: [makeAppState(), makeAppState()],
    message_id: [
      [1760000000, '15551234567'],
      [1760000001, '123456789012345'],
    ].map(makeMessageId),
    big_endian: BIG_ENDIAN.map(([value, size]) => ({
      value,
      bytes: size,
      encoded: hex(encodeBigEndian(value, size)),
    })),
    build_hash: ['2.3000.1043857760', '2.3000.1045649367'].map((version) => ({
      version,
      md5: hex(md5(Buffer.from(version))),
    })),
    curve: Array.from({ length: 6 }, makeCurve),
    cstoken: [makeCsToken()],
  });
}
