// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Statements by which devices belong to an account: our own pairing good and forged, devices of others, key index lists.
import {
  configureSuccessfulPairing,
  encodeBinaryNode,
  encodeSignedDeviceIdentity,
  proto,
} from '@whiskeysockets/baileys';
import { createHmac } from 'node:crypto';
import { begin, bytes } from './chance.mjs';
import { makeRow } from './client-payload.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { flip, hex, isSigned, makePair, sign, writePair } from './keys.mjs';
import { n } from './node-rows.mjs';
import { toPlain } from './plain.mjs';

const HOSTED = proto.ADVEncryptionType.HOSTED;
const NONE = Buffer.alloc(0);
const PREFIX = { account: '0600', device: '0601', list: '0602', hostedAccount: '0605', hostedDevice: '0606' };
const prefixOf = (name) => Buffer.from(PREFIX[name], 'hex');

const encode = (type, fields) => Buffer.from(type.encode(fields).finish());
const hmac = (key, ...parts) => createHmac('sha256', key).update(Buffer.concat(parts)).digest();

const JID = '15551234567:12@s.whatsapp.net';
const LID = '123456789012345:12@lid';

const makeStanza = (content, extra = []) =>
  n('iq', { from: '@s.whatsapp.net', type: 'set', id: '2089470024', xmlns: 'md' }, [
    n('pair-success', {}, [
      n('device-identity', {}, content),
      ...extra,
      n('platform', { name: 'android' }),
      n('device', { jid: JID, lid: LID }),
    ]),
  ]);

// What a phone says of our device; change breaks one thing of it.
function makeContent({ secret, own, phone }, identity, change = {}) {
  const isHosted = identity.deviceType === HOSTED;
  const details = encode(proto.ADVDeviceIdentity, identity);
  const prefix = prefixOf(change.prefix ?? (isHosted ? 'hostedAccount' : 'account'));
  const input = Buffer.concat([prefix, details, change.over ?? own.public]);
  const made = sign(change.signer ?? phone, input);
  const accountSignature = change.signatureBit === undefined ? made : flip(made, change.signatureBit);
  const signed = encode(proto.ADVSignedDeviceIdentity, {
    details,
    accountSignatureKey: phone.public,
    accountSignature,
  });
  const macPrefix = identity.accountType === HOSTED ? prefixOf('hostedAccount') : NONE;
  const mac = hmac(change.secret ?? secret, macPrefix, signed);
  const content = encode(proto.ADVSignedDeviceIdentityHMAC, {
    details: signed,
    hmac: change.macBit === undefined ? mac : flip(mac, change.macBit),
    ...(identity.accountType === HOSTED ? { accountType: HOSTED } : {}),
  });
  return { details, input, accountSignature, signed, macPrefix, mac, content };
}

const IDENTITIES = [
  ['ordinary account', { rawId: 123456789, timestamp: 1760000000, keyIndex: 7 }],
  [
    'business account',
    { rawId: 123456789, timestamp: 1760000000, keyIndex: 1 },
    [n('biz', { name: 'Example GmbH' })],
  ],
  [
    'hosted account and device',
    { rawId: 123456789, timestamp: 1760000000, keyIndex: 7, accountType: HOSTED, deviceType: HOSTED },
  ],
  ['large key index and raw id', { rawId: 4294967295, timestamp: 1760000000, keyIndex: 200 }],
];

function makeGood(keys, [name, identity, extra]) {
  const made = makeContent(keys, identity);
  const stanza = makeStanza(made.content, extra);
  const { creds, reply } = configureSuccessfulPairing(stanza, {
    advSecretKey: keys.secret.toString('base64'),
    signedIdentityKey: keys.own,
    signalIdentities: [],
  });
  const deviceInput = Buffer.concat([prefixOf('device'), made.details, keys.own.public, keys.phone.public]);
  if (!isSigned(keys.own.public, deviceInput, creds.account.deviceSignature))
    throw new Error(`‘${name}’ is not signed`);
  if (!isSigned(keys.phone.public, made.input, made.accountSignature))
    throw new Error(`‘${name}’ is not signed`);
  return {
    name,
    valid: true,
    stanza: toPlain(stanza),
    stanza_encoded: hex(encodeBinaryNode(stanza)),
    device_identity_details: hex(made.details),
    device_identity: identity,
    signed_device_identity: hex(made.signed),
    hmac: hex(made.mac),
    hmac_input_prefix: hex(made.macPrefix),
    account_signature_input: hex(made.input),
    account_signature: hex(made.accountSignature),
    device_signature_input: hex(deviceInput),
    device_signature_example: hex(creds.account.deviceSignature),
    reply: toPlain(reply),
    reply_encoded_example: hex(encodeBinaryNode(reply)),
    device_identity_node_for_pkmsg_example: hex(encodeSignedDeviceIdentity(creds.account, true)),
    me: { id: creds.me.id, lid: creds.me.lid },
    platform: creds.platform,
    device_identity_content: hex(made.content),
  };
}

function makeForged(keys) {
  const identity = IDENTITIES[0][1];
  const rows = [
    ['wrong adv secret', 'hmac-mismatch', { secret: bytes(32) }],
    ['hmac bit flipped', 'hmac-mismatch', { macBit: 9 }],
    ['account signature by another key', 'signature-mismatch', { signer: makePair() }],
    ['account signature over another identity', 'signature-mismatch', { over: makePair().public }],
    ['account signature bit flipped', 'signature-mismatch', { signatureBit: 77 }],
    [
      'account signature with the hosted prefix on an E2EE device',
      'signature-mismatch',
      { prefix: 'hostedAccount' },
    ],
  ];
  return rows.map(([name, text, change]) => {
    const { signed, mac, input, content } = makeContent(keys, identity, change);
    const { hmac: sent } = proto.ADVSignedDeviceIdentityHMAC.decode(content);
    const { accountSignature, details } = proto.ADVSignedDeviceIdentity.decode(signed);
    const right = Buffer.concat([prefixOf('account'), details, keys.own.public]);
    const isMac = hex(hmac(keys.secret, signed)) === hex(sent);
    const isSignature = isSigned(keys.phone.public, right, accountSignature);
    if (isMac !== (text !== 'hmac-mismatch') || (isMac && isSignature))
      throw new Error(`‘${name}’ is not forged`);
    return { name, valid: false, error_text: text, error_code: 401, device_identity_content: hex(content) };
  });
}

function makeDevice(phone, name, { isHosted = false, isKeyOmitted = false, signer } = {}) {
  const device = makePair();
  const details = encode(proto.ADVDeviceIdentity, {
    rawId: 42,
    timestamp: 1760000001,
    keyIndex: 3,
    ...(isHosted ? { deviceType: HOSTED } : {}),
  });
  const accountInput = Buffer.concat([
    prefixOf(isHosted ? 'hostedAccount' : 'account'),
    details,
    device.public,
  ]);
  const deviceInput = Buffer.concat([
    prefixOf(isHosted ? 'hostedDevice' : 'device'),
    details,
    device.public,
    phone.public,
  ]);
  const deviceSignature = sign(signer ?? device, deviceInput);
  const wire = encode(proto.ADVSignedDeviceIdentity, {
    details,
    ...(isKeyOmitted ? {} : { accountSignatureKey: phone.public }),
    accountSignature: sign(phone, accountInput),
    deviceSignature,
  });
  return {
    name,
    device_identity: hex(wire),
    device_public: hex(device.public),
    primary_public: hex(phone.public),
    account_signature_input: hex(accountInput),
    device_signature_input: hex(deviceInput),
    valid: isSigned(device.public, deviceInput, deviceSignature),
  };
}

const makeDevices = (phone) => [
  makeDevice(phone, 'companion of a contact'),
  makeDevice(phone, 'key omitted: use the stored primary identity', { isKeyOmitted: true }),
  makeDevice(phone, 'device signature by another key', { signer: makePair() }),
  makeDevice(phone, 'hosted companion', { isHosted: true }),
];

const DEVICES = [
  { id: 0 },
  { id: 12, key_index: 1 },
  { id: 13, key_index: 2 },
  { id: 14, key_index: 5 },
  { id: 15, key_index: 6 },
];

// A device stays if it is the phone, listed, or newer than the list.
const keep = (currentIndex, validIndexes) =>
  DEVICES.filter(
    ({ id, key_index: index }) => id === 0 || validIndexes.includes(index) || index > currentIndex,
  ).map(({ id }) => id);

function makeList(phone, [name, validIndexes, isForged]) {
  const details = encode(proto.ADVKeyIndexList, {
    rawId: 42,
    timestamp: 1760000002,
    currentIndex: 5,
    validIndexes,
  });
  const input = Buffer.concat([prefixOf('list'), details]);
  const signature = sign(isForged ? makePair() : phone, input);
  return {
    name,
    signed_key_index_list: hex(
      encode(proto.ADVSignedKeyIndexList, {
        details,
        accountSignature: signature,
        accountSignatureKey: phone.public,
      }),
    ),
    primary_public: hex(phone.public),
    signature_input: hex(input),
    valid: isSigned(phone.public, input, signature),
    current_index: 5,
    valid_indexes: validIndexes,
    devices: DEVICES,
    kept_devices: isForged ? [0] : keep(5, validIndexes),
  };
}

const makeLists = (phone) =>
  [
    ['all listed', [0, 1, 2, 5]],
    ['one revoked', [0, 1, 5]],
    ['bad signature', [0, 1], true],
  ].map((row) => makeList(phone, row));

// The same as protobufs, for the tests of the codec.
export function describeStatements({ pair_success: pairings, key_index_lists: lists }) {
  const wire = (text) => Buffer.from(text, 'hex');
  const pairing = ({ name, device_identity_details: details, device_identity_content: content }) => [
    makeRow(
      `linked device, ${name}, ADVDeviceIdentity`,
      'ADVDeviceIdentity',
      proto.ADVDeviceIdentity,
      wire(details),
    ),
    makeRow(
      `linked device, ${name}, ADVSignedDeviceIdentity`,
      'ADVSignedDeviceIdentity',
      proto.ADVSignedDeviceIdentity,
      proto.ADVSignedDeviceIdentityHMAC.decode(wire(content)).details,
    ),
  ];
  const list = ({ name, signed_key_index_list: signed, signature_input: input }) => [
    makeRow(`key indexes, ${name}`, 'ADVSignedKeyIndexList', proto.ADVSignedKeyIndexList, wire(signed)),
    makeRow(
      `key indexes, ${name}, inside`,
      'ADVKeyIndexList',
      proto.ADVKeyIndexList,
      wire(input).subarray(2),
    ),
  ];
  return [
    ...pairings.filter(({ valid }) => valid).flatMap(pairing),
    ...lists.filter(({ valid }) => valid).flatMap(list),
  ];
}

export function makeAdv(folder) {
  begin('adv');
  const keys = { secret: bytes(32), own: makePair(), phone: makePair() };
  const document = {
    purpose: 'Statements that devices belong to an account: pairings, devices of others, key index lists',
    produced_by: PRODUCED_BY,
    checked:
      'good stanzas were taken by configureSuccessfulPairing; every signature and MAC was judged again here',
    adv_secret: hex(keys.secret),
    own_identity: writePair(keys.own),
    primary_identity: writePair(keys.phone),
    pair_success: [...IDENTITIES.map((row) => makeGood(keys, row)), ...makeForged(keys)],
    other_devices: makeDevices(keys.phone),
    key_index_lists: makeLists(keys.phone),
  };
  write(folder, 'crypto/adv.json', document);
  return document;
}
