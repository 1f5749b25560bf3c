// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Certificates of a server under a root key made for tests: the good chain and each way to forge one.
import { proto } from '@whiskeysockets/baileys';
import { flip, hex, isSigned, makePair, sign } from './keys.mjs';

export const NOW_S = 1790000000;
const BEGIN_S = 1750000000;
const END_S = 1850000000;
const { NoiseCertificate } = proto.CertChain;

const encodeDetails = (details) => Buffer.from(NoiseCertificate.Details.encode(details).finish());

export function makeAuthority() {
  return { root: makePair(), intermediate: makePair() };
}

// change: what differs from a good chain.
export function makeChain({ root, intermediate }, serverKey, change = {}) {
  const intermediateDetails = encodeDetails({
    serial: 7,
    issuerSerial: 0,
    key: intermediate.public,
    notBefore: BEGIN_S,
    notAfter: END_S,
    ...change.intermediate,
  });
  const leafDetails = encodeDetails({
    serial: 8,
    issuerSerial: 7,
    key: serverKey,
    notBefore: BEGIN_S,
    notAfter: END_S,
    ...change.leaf,
  });
  const leafSignature = sign(change.leafSigner ?? intermediate, leafDetails);
  const wire = proto.CertChain.encode({
    leaf: {
      details: leafDetails,
      signature: change.leafBit === undefined ? leafSignature : flip(leafSignature, change.leafBit),
    },
    intermediate: {
      details: intermediateDetails,
      signature: sign(change.intermediateSigner ?? root, intermediateDetails),
    },
  }).finish();
  return Buffer.from(wire);
}

// The checks of a client, written down again to be sure of each row.
function judge({ root }, wire, serverKey) {
  const { leaf, intermediate } = proto.CertChain.decode(wire);
  const [leafDetails, details] = [leaf, intermediate].map((one) =>
    NoiseCertificate.Details.decode(one.details),
  );
  const isValidNow = ({ notBefore, notAfter }) => Number(notBefore) <= NOW_S && NOW_S <= Number(notAfter);
  if (!isSigned(root.public, intermediate.details, intermediate.signature)) return 'intermediate signature';
  if (details.issuerSerial !== 0) return 'intermediate issuer serial';
  if (!isSigned(Buffer.from(details.key), leaf.details, leaf.signature)) return 'leaf signature';
  if (leafDetails.issuerSerial !== details.serial) return 'leaf issuer serial';
  if (hex(leafDetails.key) !== hex(serverKey)) return 'leaf key';
  return isValidNow(leafDetails) && isValidNow(details) ? 'ok' : 'validity';
}

export function makeCases(authority, serverKey) {
  const cases = [
    ['valid', {}],
    ['intermediate signed by another key', { intermediateSigner: makePair() }],
    ['leaf signed by another key', { leafSigner: makePair() }],
    ['leaf signed by the root', { leafSigner: authority.root }],
    ['intermediate issuer serial not 0', { intermediate: { issuerSerial: 3 } }],
    ['leaf issuer serial differs from the intermediate serial', { leaf: { issuerSerial: 9 } }],
    ['leaf key is not the handshake static key', { leaf: { key: makePair().public } }],
    ['expired leaf', { leaf: { notAfter: NOW_S - 1 } }],
    ['intermediate not yet valid', { intermediate: { notBefore: NOW_S + 1 } }],
    ['leaf signature with one bit changed', { leafBit: 100 }],
  ];
  return cases.map(([name, change]) => {
    const wire = makeChain(authority, serverKey, change);
    const reason = judge(authority, wire, serverKey);
    return {
      name,
      cert_chain: hex(wire),
      server_static: hex(serverKey),
      now: NOW_S,
      valid: reason === 'ok',
      reason,
    };
  });
}
