// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A collection of app state as a server and a phone have it: keys, records, and the patches and snapshots made of them.
import { decodeSyncdPatch, encodeSyncdPatch, newLTHashState, proto } from '@whiskeysockets/baileys';
import { expandAppStateKeys } from 'whatsapp-rust-bridge';
import { createDecipheriv, createHmac } from 'node:crypto';
import { bytes } from './chance.mjs';

const { SET } = proto.SyncdMutation.SyncdOperation;

const number = (value) => {
  const wire = Buffer.alloc(8);
  wire.writeBigUInt64BE(BigInt(value));
  return wire;
};

export const makeKeyRing = (ids) => {
  const rows = ids.map((id) => ({ id: Buffer.from(id, 'hex'), data: bytes(32) }));
  const byName = new Map(rows.map((row) => [row.id.toString('base64'), { keyData: row.data }]));
  return { rows, find: async (name) => byName.get(name) ?? null };
};

export class Collection {
  constructor(name, keys, version = 0) {
    this.name = name;
    this.keys = keys;
    this.state = { ...newLTHashState(), version };
    this.records = new Map();
  }

  // One mutation, one patch, as the package makes it.
  async push(key, { operation = SET, index, value, apiVersion }) {
    const name = key.id.toString('base64');
    const { patch, state } = await encodeSyncdPatch(
      { type: this.name, index, syncAction: value, apiVersion, operation },
      name,
      this.state,
      this.keys.find,
    );
    const [{ record }] = patch.mutations;
    const at = Buffer.from(record.index.blob).toString('base64');
    if (operation !== SET) delete state.indexValueMap[at]; // the package forgets to, when it is the one that removes
    this.records.delete(at);
    if (operation === SET) this.records.set(at, record);
    this.state = state;
    return { patch, data: this.openValue(key, record) };
  }

  // The same without a version of its own: one of several mutations of a patch, or a record of a snapshot.
  async put(key, mutation) {
    const { version } = this.state;
    const { patch } = await this.push(key, mutation);
    this.state.version = version;
    return patch;
  }

  openValue(key, record) {
    const blob = Buffer.from(record.value.blob);
    const { valueEncryptionKey } = expandAppStateKeys(key.data);
    const cipher = createDecipheriv('aes-256-cbc', valueEncryptionKey, blob.subarray(0, 16));
    return Buffer.concat([cipher.update(blob.subarray(16, -32)), cipher.final()]);
  }

  async readOne(patch) {
    let read;
    const versioned = { ...patch, version: { version: this.state.version } };
    await decodeSyncdPatch(
      versioned,
      this.name,
      newLTHashState(),
      this.keys.find,
      (mutation) => {
        read = mutation;
      },
      true,
    );
    return read;
  }

  snapshotMac(key, version) {
    const { snapshotMacKey } = expandAppStateKeys(key.data);
    return createHmac('sha256', snapshotMacKey)
      .update(this.state.hash)
      .update(number(version))
      .update(this.name)
      .digest();
  }

  patchMac(key, snapshotMac, mutations, version) {
    const { patchMacKey } = expandAppStateKeys(key.data);
    const hmac = createHmac('sha256', patchMacKey).update(snapshotMac);
    for (const { record } of mutations) hmac.update(Buffer.from(record.value.blob).subarray(-32));
    return hmac.update(number(version)).update(this.name).digest();
  }

  async snapshot(key, version) {
    return {
      version: { version },
      records: [...this.records.values()],
      mac: this.snapshotMac(key, version),
      keyId: { id: key.id },
    };
  }
}
