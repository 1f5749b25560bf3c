// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Chance: what the package takes from node's crypto for random, replaced by a stream that follows from a seed and a name.
// The same seed gives the same vectors, whatever was made before; another seed gives fresh ones. The clock stands still
// too. It must be imported before the package, which reads some of these functions when it is loaded.
import '../compat.mjs';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

export const NOW_S = 1760000000;
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');

let seed = 'ulak';
let stream = { name: '', used: 0, rest: Buffer.alloc(0) };

export const sow = (text) => {
  seed = text;
};

// Every file of vectors begins its own stream.
export const begin = (name) => {
  stream = { name, used: 0, rest: Buffer.alloc(0) };
};

export const bytes = (size) => {
  const parts = [stream.rest];
  for (let have = stream.rest.length; have < size; have += 32) {
    parts.push(crypto.createHash('sha256').update(`${seed}/${stream.name}/${stream.used++}`).digest());
  }
  const all = Buffer.concat(parts);
  stream.rest = all.subarray(size);
  return Buffer.from(all.subarray(0, size));
};

const clamped = () => {
  const key = bytes(32);
  key[0] &= 248;
  key[31] = (key[31] & 127) | 64;
  return key;
};

const privates = [];

// The private keys made since the last time somebody asked.
export const takePrivates = () => privates.splice(0);

const generateKeyPairSync = crypto.generateKeyPairSync;

crypto.generateKeyPairSync = (type, options) => {
  if (type !== 'x25519') return generateKeyPairSync(type, options);
  const key = clamped();
  const privateKey = crypto.createPrivateKey({
    key: Buffer.concat([PKCS8_X25519, key]),
    format: 'der',
    type: 'pkcs8',
  });
  privates.push(key);
  return {
    privateKey: privateKey.export(options.privateKeyEncoding),
    publicKey: crypto.createPublicKey(privateKey).export(options.publicKeyEncoding),
  };
};
crypto.randomBytes = (size, done) => (done ? done(null, bytes(size)) : bytes(size));
crypto.randomInt = (limit) => bytes(6).readUIntBE(0, 6) % limit;
Date.now = () => NOW_S * 1000;
syncBuiltinESMExports();
