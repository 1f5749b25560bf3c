// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A Signal endpoint in memory: the sessions of one phone, by the package's ciphers, with every signature really checked.
// All peers are filed under their LID, as WhatsApp does.

import crypto from 'node:crypto';
import libsignal from 'libsignal';
import {
  GroupCipher,
  GroupSessionBuilder,
  SenderKeyDistributionMessage,
} from '@whiskeysockets/baileys/lib/Signal/Group/index.js';
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js';
import { SenderKeyName } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-name.js';
import { SenderKeyRecord } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-record.js';
import { makePair, prefixed, sign, verify } from './curve.mjs';
import { checkDeviceIdentity } from './accounts.mjs';

const SIGNATURE_SIZE = 64;

export function pad(bytes) {
  const count = 1 + crypto.randomInt(16);
  return Buffer.concat([bytes, Buffer.alloc(count, count)]);
}

export function unpad(bytes) {
  const count = bytes[bytes.length - 1];
  if (!count || count > bytes.length)
    throw new Error(`the padding of ${count} does not fit ${bytes.length} bytes`);
  return bytes.subarray(0, bytes.length - count);
}

export class Signal {
  constructor(journal) {
    this.journal = journal;
    this.identity = makePair();
    this.registrationId = 1 + crypto.randomInt(16380);
    this.signedPair = makePair();
    this.signedPreKey = {
      id: 1,
      value: this.signedPair.public,
      signature: sign(this.identity.private, prefixed(this.signedPair.public)),
    };
    this.preKeys = new Map();
    this.nextPreKey = 1;
    this.sessions = new Map();
    this.senderKeys = new Map();
    this.storage = this.#makeStorage();
  }

  #makeStorage() {
    const asPair = (pair) => ({ privKey: pair.private, pubKey: prefixed(pair.public) });
    return {
      loadSession: async (id) =>
        this.sessions.has(id) ? libsignal.SessionRecord.deserialize(this.sessions.get(id)) : null,
      storeSession: async (id, record) => {
        this.sessions.set(id, record.serialize());
      },
      isTrustedIdentity: () => true,
      loadPreKey: async (id) => (this.preKeys.has(id) ? asPair(this.preKeys.get(id)) : undefined),
      removePreKey: async (id) => {
        this.preKeys.delete(id);
      },
      loadSignedPreKey: async (id) => (id === this.signedPreKey.id ? asPair(this.signedPair) : undefined),
      getOurRegistrationId: async () => this.registrationId,
      getOurIdentity: async () => asPair(this.identity),
      loadSenderKey: async (name) =>
        SenderKeyRecord.deserialize(this.senderKeys.get(name.toString()) ?? '[]'),
      storeSenderKey: async (name, record) => {
        this.senderKeys.set(name.toString(), JSON.stringify(record.serialize()));
      },
    };
  }

  makePreKey() {
    const [id, pair] = [this.nextPreKey++, makePair()];
    this.preKeys.set(id, pair);
    return { id, value: pair.public };
  }

  address(device) {
    return new libsignal.ProtocolAddress(`${device.account.lid}_1`, device.id);
  }

  hasSession(device) {
    return this.sessions.has(this.address(device).toString());
  }

  drop(device) {
    this.sessions.delete(this.address(device).toString());
  }

  // keys: what a bundle or a retry receipt holds. Refuses what is not signed by the identity in it.
  async start(device, keys) {
    const valid = verify(keys.identity, prefixed(keys.signed.value), keys.signed.signature);
    if (!this.journal.signature('bundle-skey', device.name, valid))
      throw new Error(`the signed pre-key of ${device.name} is not signed by its identity`);
    if (
      keys.deviceIdentity &&
      !checkDeviceIdentity(this.journal, device.name, keys.deviceIdentity, keys.identity)
    )
      throw new Error(`the device identity of ${device.name} does not verify`);
    await new libsignal.SessionBuilder(this.storage, this.address(device)).initOutgoing({
      registrationId: keys.registrationId,
      identityKey: prefixed(keys.identity),
      signedPreKey: {
        keyId: keys.signed.id,
        publicKey: prefixed(keys.signed.value),
        signature: Buffer.from(keys.signed.signature),
      },
      preKey: keys.oneTime ? { keyId: keys.oneTime.id, publicKey: prefixed(keys.oneTime.value) } : undefined,
    });
  }

  async encrypt(device, plain) {
    const { type, body } = await new libsignal.SessionCipher(this.storage, this.address(device)).encrypt(
      pad(plain),
    );
    return {
      type: type === 3 ? 'pkmsg' : 'msg',
      bytes: Buffer.isBuffer(body) ? body : Buffer.from(body, 'binary'),
    };
  }

  async decrypt(device, type, bytes) {
    const cipher = new libsignal.SessionCipher(this.storage, this.address(device));
    return unpad(
      await (type === 'pkmsg'
        ? cipher.decryptPreKeyWhisperMessage(bytes)
        : cipher.decryptWhisperMessage(bytes)),
    );
  }

  // --- groups ---

  #senderName(group, device) {
    return new SenderKeyName(group, this.address(device));
  }

  hasSenderKey(group, device) {
    return this.senderKeys.has(this.#senderName(group, device).toString());
  }

  dropSenderKey(group, device) {
    this.senderKeys.delete(this.#senderName(group, device).toString());
  }

  async distribution(group, self) {
    return Buffer.from(
      (await new GroupSessionBuilder(this.storage).create(this.#senderName(group, self))).serialize(),
    );
  }

  async learn(group, device, bytes) {
    const message = new SenderKeyDistributionMessage(null, null, null, null, bytes);
    await new GroupSessionBuilder(this.storage).process(this.#senderName(group, device), message);
  }

  async encryptGroup(group, self, plain) {
    return Buffer.from(
      await new GroupCipher(this.storage, this.#senderName(group, self)).encrypt(pad(plain)),
    );
  }

  // By hand where the package would check the signature slowly: 0.1 ms in place of 9.
  async decryptGroup(group, device, bytes) {
    const name = this.#senderName(group, device);
    const record = await this.storage.loadSenderKey(name);
    const message = new SenderKeyMessage(null, null, null, null, bytes);
    const state = record.getSenderKeyState(message.getKeyId());
    if (!state) throw new Error('No session found to decrypt message');
    const [signed, signature] = [
      bytes.subarray(0, bytes.length - SIGNATURE_SIZE),
      bytes.subarray(bytes.length - SIGNATURE_SIZE),
    ];
    if (!this.journal.signature('skmsg', device.name, verify(state.getSigningKeyPublic(), signed, signature)))
      throw new Error('Invalid signature!');
    const cipher = new GroupCipher(this.storage, name);
    const key = cipher.getSenderKey(state, message.getIteration());
    const plain = await cipher.getPlainText(key.getIv(), key.getCipherKey(), message.getCipherText());
    await this.storage.storeSenderKey(name, record);
    return unpad(plain);
  }
}
