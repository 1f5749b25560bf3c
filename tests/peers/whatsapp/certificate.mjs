// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The certificate chain of the Noise handshake: root, intermediate and leaf made at start, and every forgery a client must refuse.

import crypto from 'node:crypto';
import { makePair, sign } from './curve.mjs';
import { now, proto } from './wire.mjs';

const { CertChain } = proto;
const DAY_S = 86400;

function issue(issuer, details) {
  const bytes = Buffer.from(CertChain.NoiseCertificate.Details.encode(details).finish());
  return { details: bytes, signature: sign(issuer.private, bytes) };
}

function flip(bytes) {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] ^= 1;
  return copy;
}

const FORGERIES = {
  'leaf-signature': (c) => {
    c.leaf.signature = flip(c.leaf.signature);
  },
  'intermediate-signature': (c) => {
    c.intermediate.signature = flip(c.intermediate.signature);
  },
  'leaf-missing': (c) => {
    delete c.leaf;
  },
  'intermediate-missing': (c) => {
    delete c.intermediate;
  },
  'signature-short': (c) => {
    c.leaf.signature = c.leaf.signature.subarray(0, 63);
  },
  garbage: () => {},
};

// What the chain says when it is issued anew with other contents, correctly signed otherwise.
const LIES = {
  'other-root': { root: true },
  'intermediate-serial': { intermediate: { issuerSerial: 7 } },
  'leaf-serial': { leaf: { issuerSerial: 99 } },
  'leaf-key': { leaf: { key: crypto.randomBytes(32) } },
  'intermediate-key-short': { intermediate: { key: crypto.randomBytes(31) } },
  expired: { leaf: { notBefore: now() - 3 * DAY_S, notAfter: now() - DAY_S } },
  'not-yet': { leaf: { notBefore: now() + DAY_S, notAfter: now() + 3 * DAY_S } },
};

export const FORGED_KINDS = [...Object.keys(FORGERIES), ...Object.keys(LIES)];

export class Certificate {
  constructor() {
    this.root = makePair();
    this.intermediate = makePair();
    this.static = makePair();
    this.forged = null;
    this.chains = new Map();
  }

  get rootHex() {
    return this.root.public.toString('hex');
  }

  forge(kind) {
    if (kind && !FORGED_KINDS.includes(kind))
      throw new RangeError(`there is no forgery ‘${kind}’; there are: ${FORGED_KINDS.join(', ')}`);
    this.forged = kind || null;
  }

  #build(kind) {
    const lie = LIES[kind] ?? {};
    const valid = { notBefore: now() - DAY_S, notAfter: now() + 365 * DAY_S };
    const root = lie.root ? makePair() : this.root;
    const chain = {
      intermediate: issue(root, {
        serial: 1,
        issuerSerial: 0,
        key: this.intermediate.public,
        ...valid,
        ...lie.intermediate,
      }),
      leaf: issue(this.intermediate, {
        serial: 2,
        issuerSerial: 1,
        key: this.static.public,
        ...valid,
        ...lie.leaf,
      }),
    };
    FORGERIES[kind]?.(chain);
    return kind === 'garbage' ? crypto.randomBytes(120) : Buffer.from(CertChain.encode(chain).finish());
  }

  bytes() {
    const kind = this.forged ?? '';
    if (!this.chains.has(kind)) this.chains.set(kind, this.#build(kind));
    return this.chains.get(kind);
  }
}
