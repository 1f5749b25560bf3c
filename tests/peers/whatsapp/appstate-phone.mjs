// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The app state as a phone sees it: it writes patches that verify (or, when told to, do not), and checks every MAC of what
// its companions write, each by its own arithmetic.

import crypto from 'node:crypto';
import { COLLECTIONS } from './appstate.mjs';
import { proto } from './wire.mjs';

const { SyncdOperation } = proto.SyncdMutation;
const LANES = 64;

function hmac(key, ...parts) {
  return crypto.createHmac('sha256', key).update(Buffer.concat(parts)).digest();
}

function hkdf(key, info, size) {
  return Buffer.from(crypto.hkdfSync('sha256', key, Buffer.alloc(0), info, size));
}

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function expandKeys(data) {
  const all = hkdf(data, 'WhatsApp Mutation Keys', 160);
  const [index, cipher, value, snapshot, patch] = [0, 32, 64, 96, 128].map((at) => all.subarray(at, at + 32));
  return { index, cipher, value, snapshot, patch };
}

function mix(hash, valueMac, direction) {
  const lanes = hkdf(valueMac, 'WhatsApp Patch Integrity', 2 * LANES);
  for (let i = 0; i < LANES; i += 1)
    hash.writeUInt16LE((hash.readUInt16LE(2 * i) + direction * lanes.readUInt16LE(2 * i)) & 0xffff, 2 * i);
}

function valueMacOf(keys, operation, keyId, sealed) {
  const head = Buffer.concat([Buffer.from([operation === SyncdOperation.REMOVE ? 2 : 1]), keyId]);
  return crypto
    .createHmac('sha512', keys.value)
    .update(Buffer.concat([head, sealed, u64(head.length)]))
    .digest()
    .subarray(0, 32);
}

function seal(key, plain) {
  const iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
}

function open(key, sealed) {
  const decipher = crypto.createDecipheriv('aes-256-cbc', key, sealed.subarray(0, 16));
  return Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]);
}

function flip(bytes) {
  const copy = Buffer.from(bytes);
  copy[3] ^= 1;
  return copy;
}

export class PhoneAppState {
  constructor(phone) {
    this.phone = phone;
    this.server = phone.server;
    this.collections = new Map(
      COLLECTIONS.map((name) => [name, { version: 0, hash: Buffer.alloc(2 * LANES), entries: new Map() }]),
    );
  }

  #keys(keyId) {
    const key = this.phone.primary.keys.get(Buffer.from(keyId).toString('base64'));
    if (!key) throw new Error('a key that the phone never had');
    return expandKeys(key.keyData.keyData);
  }

  // mutations: [{operation: "SET" or "REMOVE", index: [..], value: SyncActionValue as JSON, version}].
  write(name, mutations, { external, tamper } = {}) {
    const state = this.collections.get(name);
    if (!state)
      throw new RangeError(`there is no collection ‘${name}’; there are: ${COLLECTIONS.join(', ')}`);
    const keyId = this.phone.primary.newestKey.keyId.keyId;
    const keys = this.#keys(keyId);
    const records = mutations.map((m) => this.#mutation(m, keys, keyId, tamper));
    for (const { record, operation, action } of records) this.#apply(state, record, operation, action);
    state.version += 1;
    const patch = this.#sign(name, state, keys, keyId, records, tamper);
    const wire = records.map(({ operation, record }) => ({ operation, record }));
    if (external) patch.externalMutations = this.#outside(wire);
    else patch.mutations = wire;
    this.server.appstate.append(this.phone.account, name, proto.SyncdPatch.fromObject(patch), this.phone);
    return { version: state.version };
  }

  #mutation({ operation, index, value, version }, keys, keyId, tamper) {
    const kind = SyncdOperation[operation ?? 'SET'];
    const indexBytes = Buffer.from(JSON.stringify(index));
    const action = proto.SyncActionData.fromObject({
      index: indexBytes,
      value,
      padding: Buffer.alloc(0),
      version: version ?? 1,
    });
    const sealed = seal(keys.cipher, Buffer.from(proto.SyncActionData.encode(action).finish()));
    const mac = valueMacOf(keys, kind, keyId, sealed);
    const blob = Buffer.concat([sealed, tamper === 'value-mac' ? flip(mac) : mac]);
    const indexMac = hmac(keys.index, indexBytes);
    return {
      operation: kind,
      action,
      record: {
        index: { blob: tamper === 'index-mac' ? flip(indexMac) : indexMac },
        value: { blob },
        keyId: { id: keyId },
      },
    };
  }

  #sign(name, state, keys, keyId, records, tamper) {
    const snapshotMac = hmac(keys.snapshot, state.hash, u64(state.version), Buffer.from(name));
    const macs = records.map(({ record }) => record.value.blob.subarray(-32));
    const patchMac = hmac(keys.patch, snapshotMac, ...macs, u64(state.version), Buffer.from(name));
    return {
      snapshotMac: tamper === 'snapshot-mac' ? flip(snapshotMac) : snapshotMac,
      patchMac: tamper === 'patch-mac' ? flip(patchMac) : patchMac,
      keyId: { id: keyId },
    };
  }

  #outside(mutations) {
    const { fileLength, ...reference } = this.server.media.put(
      'md-app-state',
      Buffer.from(proto.SyncdMutations.encode(proto.SyncdMutations.fromObject({ mutations })).finish()),
    );
    return { ...reference, fileSizeBytes: fileLength };
  }

  #apply(state, record, operation, action) {
    const index = Buffer.from(record.index.blob).toString('base64');
    const before = state.entries.get(index);
    if (before) mix(state.hash, before.valueMac, -1);
    if (operation === SyncdOperation.REMOVE) {
      state.entries.delete(index);
      return;
    }
    const valueMac = Buffer.from(record.value.blob).subarray(-32);
    mix(state.hash, valueMac, 1);
    state.entries.set(index, { valueMac, action });
  }

  // What a companion uploaded; false when something in it does not verify.
  read(name, version, patch, by) {
    const state = this.collections.get(name);
    try {
      this.#check(name, state, version, patch);
      this.server.journal.count('appstate_valid');
      return true;
    } catch (error) {
      this.server.journal.event('appstate-invalid', { by: by.name, name, version, text: error.message });
      return false;
    }
  }

  #check(name, state, version, patch) {
    const keys = this.#keys(patch.keyId.id);
    const mutations = this.server.appstate.mutationsOf(patch);
    const macs = mutations.map((m) => Buffer.from(m.record.value.blob).subarray(-32));
    const patchMac = hmac(
      keys.patch,
      Buffer.from(patch.snapshotMac),
      ...macs,
      u64(version),
      Buffer.from(name),
    );
    if (!patchMac.equals(Buffer.from(patch.patchMac)))
      throw new Error('the MAC of the patch does not verify');
    const next = { version, hash: Buffer.from(state.hash), entries: new Map(state.entries) };
    for (const { operation, record } of mutations)
      this.#apply(
        next,
        record,
        operation ?? SyncdOperation.SET,
        this.#open(record, operation ?? SyncdOperation.SET),
      );
    const snapshotMac = hmac(keys.snapshot, next.hash, u64(version), Buffer.from(name));
    if (!snapshotMac.equals(Buffer.from(patch.snapshotMac)))
      throw new Error('the MAC of the whole state does not verify');
    this.collections.set(name, next);
  }

  #open(record, operation) {
    const keys = this.#keys(record.keyId.id);
    const blob = Buffer.from(record.value.blob);
    const sealed = blob.subarray(0, -32);
    if (!valueMacOf(keys, operation, Buffer.from(record.keyId.id), sealed).equals(blob.subarray(-32)))
      throw new Error('the MAC of a value does not verify');
    const action = proto.SyncActionData.decode(open(keys.cipher, sealed));
    if (!hmac(keys.index, Buffer.from(action.index)).equals(Buffer.from(record.index.blob)))
      throw new Error('the MAC of an index does not verify');
    return action;
  }

  list(name) {
    const { version, entries } = this.collections.get(name);
    return {
      version,
      entries: [...entries.values()].map(({ action }) => ({
        index: JSON.parse(Buffer.from(action.index).toString('utf8')),
        version: action.version,
        value: proto.SyncActionValue.toObject(action.value ?? {}, {
          longs: Number,
          bytes: String,
          enums: String,
        }),
      })),
    };
  }
}
