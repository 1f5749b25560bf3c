// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Keys and signatures on Curve25519. The package's own check of signatures throws its result away, so this one goes by
// OpenSSL: an XEdDSA signature is an Ed25519 one under the Edwards form of the key, whose sign bit travels in the signature.

import './compat.mjs';
import crypto from 'node:crypto';
import { calculateSignature } from 'whatsapp-rust-bridge';
import { Curve } from '@whiskeysockets/baileys/lib/Utils/crypto.js';

const P = (1n << 255n) - 19n;
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KNOWN_MAX = 4096;
const known = new Map();

function power(base, exponent) {
  let result = 1n;
  for (let b = base % P, e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % P;
    b = (b * b) % P;
  }
  return result;
}

function readLittleEndian(bytes) {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function edwardsKey(publicKey, sign) {
  const name = `${sign}${Buffer.from(publicKey).toString('base64')}`;
  const found = known.get(name);
  if (found) return found;
  const u = readLittleEndian(publicKey) & ((1n << 255n) - 1n);
  const y = ((u - 1n + P) * power(u + 1n, P - 2n)) % P;
  const bytes = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
  bytes[31] |= sign;
  const key = crypto.createPublicKey({
    key: Buffer.concat([ED25519_PREFIX, bytes]),
    format: 'der',
    type: 'spki',
  });
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(name, key);
  return key;
}

export function raw(publicKey) {
  return publicKey.length === 33 ? Buffer.from(publicKey.subarray(1)) : Buffer.from(publicKey);
}

export function prefixed(publicKey) {
  return publicKey.length === 33 ? Buffer.from(publicKey) : Buffer.concat([Buffer.from([5]), publicKey]);
}

export function verify(publicKey, message, signature) {
  if (!signature || signature.length !== 64 || !publicKey || raw(publicKey).length !== 32) return false;
  const plain = Buffer.from(signature);
  const sign = plain[63] & 0x80;
  plain[63] &= 0x7f;
  try {
    return crypto.verify(null, message, edwardsKey(raw(publicKey), sign), plain);
  } catch {
    return false;
  }
}

export function sign(privateKey, message) {
  return Buffer.from(calculateSignature(privateKey, message));
}

export function makePair() {
  const pair = Curve.generateKeyPair();
  return { private: Buffer.from(pair.private), public: Buffer.from(pair.public) };
}

export function agree(privateKey, publicKey) {
  return Curve.sharedKey(Buffer.from(privateKey), raw(publicKey));
}
