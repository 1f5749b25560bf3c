// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A TLS certificate for loopback and the authority that signs it, made at start and written in DER by hand: Node makes keys
// but no certificates, and a test needs no more than this.

import crypto from 'node:crypto';

const OID = {
  commonName: '550403',
  ecdsaSha256: '2a8648ce3d040302',
  basicConstraints: '551d13',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
};

function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size = Buffer.from(body.length.toString(16).padStart(body.length > 255 ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, body]);
}

const sequence = (...parts) => der(0x30, ...parts);
const set = (...parts) => der(0x31, ...parts);
const oid = (name) => der(0x06, Buffer.from(OID[name], 'hex'));
const bits = (bytes, unused = 0) => der(0x03, Buffer.from([unused]), bytes);
const octets = (bytes) => der(0x04, bytes);
const yes = der(0x01, Buffer.from([0xff]));

function time(date) {
  return der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

function name(text) {
  return sequence(set(sequence(oid('commonName'), der(0x0c, Buffer.from(text)))));
}

function extension(id, isCritical, value) {
  return sequence(oid(id), ...(isCritical ? [yes] : []), octets(value));
}

function pem(label, bytes) {
  return `-----BEGIN ${label}-----\n${bytes
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd()}\n-----END ${label}-----\n`;
}

function issue({ issuer, subject, publicKey, privateKey, extensions }) {
  const day = 86400000;
  const algorithm = sequence(oid('ecdsaSha256'));
  const serial = crypto.randomBytes(8);
  serial[0] = (serial[0] & 0x7f) | 1;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    name(issuer),
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + 365 * day))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  return pem('CERTIFICATE', sequence(body, algorithm, bits(crypto.sign('sha256', body, privateKey))));
}

// Returns { ca, cert, key } in PEM; hosts are names and dotted addresses.
export function makeTls(hosts) {
  const make = () => crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const [authority, server] = [make(), make()];
  const names = hosts.map((host) =>
    /^[\d.]+$/.test(host)
      ? der(0x87, Buffer.from(host.split('.').map(Number)))
      : der(0x82, Buffer.from(host)),
  );
  const ca = issue({
    issuer: 'Ulak test authority',
    subject: 'Ulak test authority',
    publicKey: authority.publicKey,
    privateKey: authority.privateKey,
    extensions: [
      extension('basicConstraints', true, sequence(yes)),
      extension('keyUsage', true, bits(Buffer.from([0x06]), 1)),
    ],
  });
  const cert = issue({
    issuer: 'Ulak test authority',
    subject: 'Ulak test server',
    publicKey: server.publicKey,
    privateKey: authority.privateKey,
    extensions: [
      extension('basicConstraints', true, sequence()),
      extension('keyUsage', true, bits(Buffer.from([0x80]), 7)),
      extension('extendedKeyUsage', false, sequence(oid('serverAuth'))),
      extension('subjectAltName', false, sequence(...names)),
    ],
  });
  return { ca, cert, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}
