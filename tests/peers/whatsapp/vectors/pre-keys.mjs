// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Pre-keys: what a device uploads, what it gets of another one, and what a retry receipt brings along.
import {
  encodeBinaryNode,
  extractE2ESessionFromRetryReceipt,
  getNextPreKeysNode,
  parseAndInjectE2ESessions,
  xmppPreKey,
  xmppSignedPreKey,
} from '@whiskeysockets/baileys';
import { begin } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import {
  hex,
  isSigned,
  makePair,
  makeSignedPreKey,
  prefixed,
  unhex,
  writePair,
  writeSignedPreKey,
} from './keys.mjs';
import { n } from './node-rows.mjs';
import { toPlain } from './plain.mjs';

const withNode = (node) => ({ node: toPlain(node), encoded: hex(encodeBinaryNode(node)) });
const asPackage = ({ id, signature, ...keyPair }) => ({ keyId: id, keyPair, signature });

async function makeUpload(identity, signedPreKey) {
  const kept = new Map();
  const keys = {
    set: ({ 'pre-key': made }) => Object.entries(made).forEach(([id, pair]) => kept.set(id, pair)),
    get: (_, ids) => Object.fromEntries(ids.map((id) => [id, kept.get(id)])),
  };
  const creds = {
    registrationId: 7982,
    signedIdentityKey: identity,
    signedPreKey: asPackage(signedPreKey),
    nextPreKeyId: 1,
    firstUnuploadedPreKeyId: 1,
  };
  const { node, update } = await getNextPreKeysNode({ creds, keys }, 5);
  node.attrs.id = '1234.5678-9';
  return {
    registration_id: creds.registrationId,
    identity: writePair(identity),
    signed_prekey: writeSignedPreKey(signedPreKey),
    one_time_prekeys: [...kept].map(([id, pair]) => ({ id: Number(id), ...writePair(pair) })),
    ...withNode(node),
    next_ids: update,
  };
}

const makeUser = (jid, registration, keys) =>
  n('user', { jid, t: '1760000000' }, [
    n('registration', {}, unhex(registration)),
    n('type', {}, unhex('05')),
    n('identity', {}, keys.identity.public),
    ...(keys.preKey ? [xmppPreKey(keys.preKey, keys.preKeyId)] : []),
    xmppSignedPreKey(asPackage(keys.signedPreKey)),
  ]);

function makeOther(preKeyId) {
  const identity = makePair();
  return { identity, signedPreKey: makeSignedPreKey(identity, 3), preKeyId, preKey: preKeyId && makePair() };
}

const makeAnswer = (users) =>
  n('iq', { from: '@s.whatsapp.net', type: 'result', id: '1234.5678-10' }, [n('list', {}, users)]);

const ANA = '123456789012345@lid';
const ANA_DESK = '123456789012345:12@lid';

async function readBundles(node) {
  const bundles = [];
  await parseAndInjectE2ESessions(node, { injectE2ESession: async (bundle) => bundles.push(bundle) });
  return bundles.map(({ jid, session }) => {
    const signed = session.signedPreKey;
    if (!isSigned(Buffer.from(session.identityKey).subarray(1), signed.publicKey, signed.signature))
      throw new Error('a bundle is not signed');
    return {
      jid,
      registration_id: session.registrationId,
      identity: hex(session.identityKey),
      signed_prekey_id: signed.keyId,
      signed_prekey: hex(signed.publicKey),
      signed_prekey_signature: hex(signed.signature),
      prekey_id: session.preKey?.keyId ?? null,
      prekey: session.preKey ? hex(session.preKey.publicKey) : null,
    };
  });
}

function makeReceipt(other) {
  const id = '3EB0C767D9EF4A1B2C3D4E';
  const node = n('receipt', { id, type: 'retry', from: ANA_DESK, to: '100000000000000@lid' }, [
    n('retry', { count: '2', id, t: '1760000000', v: '1', error: '4' }),
    n('registration', {}, unhex('00001093')),
    n('keys', {}, [
      n('type', {}, unhex('05')),
      n('identity', {}, other.identity.public),
      xmppPreKey(other.preKey, other.preKeyId),
      xmppSignedPreKey(asPackage(other.signedPreKey)),
    ]),
  ]);
  const session = extractE2ESessionFromRetryReceipt(node);
  return {
    ...withNode(node),
    expected: {
      registration_id: session.registrationId,
      identity: hex(session.identityKey),
      prekey_id: session.preKey.keyId,
      prekey: hex(session.preKey.publicKey),
      signed_prekey_id: session.signedPreKey.keyId,
      signed_prekey: hex(session.signedPreKey.publicKey),
      signature: hex(session.signedPreKey.signature),
    },
  };
}

export async function makePreKeys(folder) {
  begin('pre-keys');
  const identity = makePair();
  const signedPreKey = makeSignedPreKey(identity, 1);
  const [ana, desk] = [makeOther(77), makeOther(undefined)];
  if (!isSigned(identity.public, prefixed(signedPreKey.public), signedPreKey.signature))
    throw new Error('not signed');
  const answer = makeAnswer([makeUser(ANA, '00001092', ana), makeUser(ANA_DESK, '00001093', desk)]);
  const gone = n('user', { jid: '999@lid' }, [n('error', { code: '406', text: 'not-acceptable' })]);
  const bundles = await readBundles(answer);
  write(folder, 'crypto/pre-keys.json', {
    purpose: 'Pre-keys: an upload, an answer with bundles, the keys of a retry receipt',
    produced_by: PRODUCED_BY,
    checked: 'the answer and the receipt were read by the package; every signature was verified',
    identity: writePair(identity),
    signed_prekey: writeSignedPreKey(signedPreKey),
    bundles,
    upload: await makeUpload(identity, signedPreKey),
    bundle_answer: { ...withNode(answer), expected: bundles },
    bundle_answer_with_error: {
      ...withNode(makeAnswer([makeUser(ANA, '00001092', ana), gone])),
      failed: ['999@lid'],
    },
    retry_receipt: makeReceipt(ana),
  });
}
