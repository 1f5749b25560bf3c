// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Key pairs as the vectors write them: raw, 32 bytes, without the type byte 05 unless a name says so.
import curve from 'libsignal/src/curve.js';

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const unhex = (text) => Buffer.from(text, 'hex');
export const prefixed = (key) => Buffer.concat([Buffer.from([5]), key]);

export const makePair = () => {
  const { pubKey, privKey } = curve.generateKeyPair();
  return { private: Buffer.from(privKey), public: Buffer.from(pubKey.subarray(1)) };
};

export const writePair = (pair) => ({ private: hex(pair.private), public: hex(pair.public) });

export const sign = (pair, message) => Buffer.from(curve.calculateSignature(pair.private, message));

export const isSigned = (key, message, signature) => curve.verifySignature(prefixed(key), message, signature);

export const agree = (pair, key) => Buffer.from(curve.calculateAgreement(prefixed(key), pair.private));

export const makeSignedPreKey = (identity, id) => {
  const pair = makePair();
  return { id, ...pair, signature: sign(identity, prefixed(pair.public)) };
};

export const writeSignedPreKey = (key) => ({ id: key.id, ...writePair(key), signature: hex(key.signature) });

export const flip = (bytes, bit) => {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] ^= 1 << (bit & 7);
  return changed;
};
