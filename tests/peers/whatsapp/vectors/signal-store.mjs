// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// What one side of a Signal session keeps, in memory, as the package wants to see it.
import { SenderKeyRecord } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-record.js';
import { makePair, makeSignedPreKey, prefixed, writePair, writeSignedPreKey } from './keys.mjs';

const asSignal = (pair) => ({ privKey: pair.private, pubKey: prefixed(pair.public) });

export class SignalStore {
  constructor({ registrationId, signedId = 1, preKeyIds = [] }) {
    this.registrationId = registrationId;
    this.identity = makePair();
    this.signedPreKey = makeSignedPreKey(this.identity, signedId);
    this.preKeys = new Map(preKeyIds.map((id) => [id, makePair()]));
    this.sessions = new Map();
    this.senderKeys = new Map();
  }

  // A second store with the same keys and nothing received yet.
  fresh() {
    const copy = Object.create(SignalStore.prototype);
    return Object.assign(copy, this, {
      preKeys: new Map(this.preKeys),
      sessions: new Map(),
      senderKeys: new Map(),
    });
  }

  bundle(preKeyId) {
    const preKey = this.preKeys.get(preKeyId);
    return {
      registrationId: this.registrationId,
      identityKey: prefixed(this.identity.public),
      signedPreKey: {
        keyId: this.signedPreKey.id,
        publicKey: prefixed(this.signedPreKey.public),
        signature: this.signedPreKey.signature,
      },
      preKey: preKey && { keyId: preKeyId, publicKey: prefixed(preKey.public) },
    };
  }

  describe(preKeyId) {
    const preKey = this.preKeys.get(preKeyId);
    return {
      identity: writePair(this.identity),
      registration_id: this.registrationId,
      signed_prekey: writeSignedPreKey(this.signedPreKey),
      one_time_prekey: preKey ? { id: preKeyId, ...writePair(preKey) } : null,
    };
  }

  loadSession(id) {
    return this.sessions.get(id) ?? null;
  }
  storeSession(id, record) {
    this.sessions.set(id, record);
  }
  isTrustedIdentity() {
    return true;
  }
  loadPreKey(id) {
    return this.preKeys.has(id) ? asSignal(this.preKeys.get(id)) : undefined;
  }
  removePreKey(id) {
    this.preKeys.delete(id);
  }
  loadSignedPreKey(id) {
    return id === this.signedPreKey.id ? asSignal(this.signedPreKey) : undefined;
  }
  getOurRegistrationId() {
    return this.registrationId;
  }
  getOurIdentity() {
    return asSignal(this.identity);
  }
  loadSenderKey(name) {
    return this.senderKeys.get(name.toString()) ?? new SenderKeyRecord();
  }
  storeSenderKey(name, record) {
    this.senderKeys.set(name.toString(), record);
  }
}
