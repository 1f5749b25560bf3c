// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Pairing by code: both sides are computed, ours with the package, the phone's by opening what ours made.
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  aesEncryptGCM,
  bytesToCrockford,
  derivePairingCodeKey,
  encodeBinaryNode,
  hkdf,
} from '@whiskeysockets/baileys';
import { createCipheriv } from 'node:crypto';
import { begin, bytes } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { agree, hex, makePair, unhex, writePair } from './keys.mjs';
import { n } from './node-rows.mjs';
import { toPlain } from './plain.mjs';

const PHONE = '15551234567@s.whatsapp.net';
const BUNDLE_INFO = 'link_code_pairing_key_bundle_encryption_key';
const NONE = Buffer.alloc(0);

const withNode = (node) => ({ node: toPlain(node), encoded: hex(encodeBinaryNode(node)) });

const register = (id, attributes, content) =>
  n('iq', { to: '@s.whatsapp.net', type: 'set', id, xmlns: 'md' }, [
    n('link_code_companion_reg', { jid: PHONE, ...attributes }, content),
  ]);

async function wrap(code, key) {
  const [salt, iv] = [bytes(32), bytes(16)];
  const secret = await derivePairingCodeKey(code, salt);
  const wrapped = Buffer.concat([salt, iv, aesEncryptCTR(key, secret, iv)]);
  if (hex(aesDecryptCTR(wrapped.subarray(48), secret, iv)) !== hex(key))
    throw new Error('a wrap does not come back');
  return {
    wrapped,
    fields: { salt: hex(salt), iv: hex(iv), pbkdf2_key: hex(secret), wrapped: hex(wrapped) },
  };
}

function helloNode(wrapped, keys) {
  return register('1.2-3', { stage: 'companion_hello', should_show_push_notification: 'true' }, [
    n('link_code_pairing_wrapped_companion_ephemeral_pub', {}, wrapped),
    n('companion_server_auth_key_pub', {}, keys.noise.public),
    n('companion_platform_id', {}, '1'),
    n('companion_platform_display', {}, 'Chrome (Mac OS)'),
    n('link_code_pairing_nonce', {}, '0'),
  ]);
}

function phoneNode(wrapped, ref, keys) {
  const attributes = { from: '@s.whatsapp.net', type: 'link_code_companion_reg', id: '555', t: '1760000000' };
  return n('notification', attributes, [
    n('link_code_companion_reg', { stage: 'primary_hello' }, [
      n('link_code_pairing_ref', {}, ref),
      n('link_code_pairing_wrapped_primary_ephemeral_pub', {}, wrapped),
      n('primary_identity_pub', {}, keys.primary_identity.public),
    ]),
  ]);
}

function makeFinish(keys, ref) {
  const shared = agree(keys.companion_ephemeral, keys.primary_ephemeral.public);
  const identityShared = agree(keys.own_identity, keys.primary_identity.public);
  const [random, salt, iv] = [bytes(32), bytes(32), bytes(12)];
  const key = Buffer.from(hkdf(shared, 32, { salt, info: BUNDLE_INFO }));
  const plain = Buffer.concat([keys.own_identity.public, keys.primary_identity.public, random]);
  const sealed = aesEncryptGCM(plain, key, iv, NONE);
  const bundle = Buffer.concat([salt, iv, sealed]);
  const secret = hkdf(Buffer.concat([shared, identityShared, random]), 32, { info: 'adv_secret' });
  const phone = [
    agree(keys.primary_ephemeral, keys.companion_ephemeral.public),
    agree(keys.primary_identity, keys.own_identity.public),
  ];
  if (hex(phone[0]) !== hex(shared) || hex(phone[1]) !== hex(identityShared))
    throw new Error('the phone has other secrets');
  if (hex(aesDecryptGCM(sealed, key, iv, NONE)) !== hex(plain))
    throw new Error('a bundle does not come back');
  const node = register('1.2-4', { stage: 'companion_finish' }, [
    n('link_code_pairing_wrapped_key_bundle', {}, bundle),
    n('companion_identity_public', {}, keys.own_identity.public),
    n('link_code_pairing_ref', {}, ref),
  ]);
  return {
    ephemeral_shared: hex(shared),
    random: hex(random),
    bundle_salt: hex(salt),
    bundle_iv: hex(iv),
    bundle_key: hex(key),
    bundle_plaintext: hex(plain),
    wrapped_key_bundle: hex(bundle),
    identity_shared: hex(identityShared),
    adv_secret: hex(secret),
    ...withNode(node),
  };
}

async function makeVector(keys, random) {
  const code = bytesToCrockford(random);
  const ours = await wrap(code, keys.companion_ephemeral.public);
  const theirs = await wrap(code, keys.primary_ephemeral.public);
  const ref = Buffer.from(`2@${bytes(20).toString('base64')}`);
  return {
    code_random: hex(random),
    code,
    display: `${code.slice(0, 4)}-${code.slice(4)}`,
    companion_hello: { ...ours.fields, ...withNode(helloNode(ours.wrapped, keys)) },
    primary_hello: { ...theirs.fields, ...withNode(phoneNode(theirs.wrapped, ref, keys)) },
    companion_finish: makeFinish(keys, ref),
  };
}

// Where a counter of 64 bits and one of 128 part: only the second is right.
function makeWrap(keys) {
  const key = bytes(32);
  const iv = unhex('0102030405060708ffffffffffffffff');
  const plain = keys.companion_ephemeral.public;
  const ecb = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const stream = Buffer.concat([ecb.update(iv), ecb.update(unhex('01020304050607080000000000000000'))]);
  return {
    key: hex(key),
    iv: hex(iv),
    plaintext: hex(plain),
    counter_128: hex(aesEncryptCTR(plain, key, iv)),
    counter_64: hex(plain.map((byte, i) => byte ^ stream[i])),
  };
}

export async function makeLinkCode(folder) {
  begin('link-code');
  const names = ['companion_ephemeral', 'primary_ephemeral', 'primary_identity', 'own_identity', 'noise'];
  const keys = Object.fromEntries(names.map((name) => [name, makePair()]));
  const randoms = [bytes(5), bytes(5), Buffer.alloc(5, 255), Buffer.alloc(5)];
  const vectors = [];
  for (const random of randoms) vectors.push(await makeVector(keys, random));
  write(folder, 'crypto/link-code.json', {
    purpose: 'Pairing by a code that is typed into the phone',
    produced_by: PRODUCED_BY,
    checked: 'both sides were computed and came to the same secrets; every wrap and bundle was opened again',
    keys: Object.fromEntries(names.map((name) => [name, writePair(keys[name])])),
    vectors,
    ctr_wrap: makeWrap(keys),
  });
}
