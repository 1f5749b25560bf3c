// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Client payloads: what a device says of itself at the end of the handshake, new or linked.
import { Browsers, generateLoginNode, generateRegistrationNode, proto } from '@whiskeysockets/baileys';
import { hex, makePair, makeSignedPreKey } from './keys.mjs';
import { decodeFields } from './plain.mjs';

const VERSION = [2, 3000, 1043857760];

const REGISTRATIONS = [
  ['registration, Chrome on Mac OS, full history', Browsers.macOS('Chrome'), true],
  ['registration, Ubuntu Firefox, no full history', Browsers.ubuntu('Firefox'), false],
  ['registration, Windows Desktop', Browsers.windows('Desktop'), true],
];

const LOGINS = [
  ['login, device 12', '15551234567:12@s.whatsapp.net', 'US'],
  ['login, device 99, other country', '491701234567:99@s.whatsapp.net', 'DE'],
];

export function makeRow(name, typeName, type, wire) {
  return { name, type: typeName, encoded: hex(wire), fields: decodeFields(type, wire) };
}

export const makeLoginPayload = (jid, countryCode) =>
  proto.ClientPayload.encode(
    generateLoginNode(jid, { version: VERSION, browser: Browsers.macOS('Chrome'), countryCode }),
  ).finish();

function makeRegistration([name, browser, syncFullHistory]) {
  const signedIdentityKey = makePair();
  const { id, signature, ...keyPair } = makeSignedPreKey(signedIdentityKey, 1);
  const payload = generateRegistrationNode(
    { registrationId: 12345, signedPreKey: { keyId: id, keyPair, signature }, signedIdentityKey },
    { version: VERSION, browser, syncFullHistory, countryCode: 'US' },
  );
  const wire = proto.ClientPayload.encode(payload).finish();
  return [
    makeRow(name, 'ClientPayload', proto.ClientPayload, wire),
    makeRow(
      `${name}, device properties`,
      'DeviceProps',
      proto.DeviceProps,
      payload.devicePairingData.deviceProps,
    ),
  ];
}

export const makeClientPayloads = () => [
  ...REGISTRATIONS.flatMap(makeRegistration),
  ...LOGINS.map(([name, jid, country]) =>
    makeRow(name, 'ClientPayload', proto.ClientPayload, makeLoginPayload(jid, country)),
  ),
];
