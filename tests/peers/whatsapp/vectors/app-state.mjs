// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// App state, its arithmetic: sums, five patches in a row with every value between, a snapshot.
import {
  decodePatches,
  decodeSyncdSnapshot,
  LT_HASH_ANTI_TAMPERING,
  newLTHashState,
  proto,
} from '@whiskeysockets/baileys';
import { begin, bytes } from './chance.mjs';
import { Collection, makeKeyRing } from './app-state-collection.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { hex } from './keys.mjs';
import { decodeFields } from './plain.mjs';

const ANA = '15551234567@s.whatsapp.net';
const MESSAGE = '3EB0C767D9EF4A1B2C3D4E';
const STAR = ['star', ANA, MESSAGE, '0', '0'];
const { SET, REMOVE } = proto.SyncdMutation.SyncdOperation;

const STEPS = [
  [0, SET, ['mute', ANA], { muteAction: { muted: true, muteEndTimestamp: 1760086400000 } }],
  [0, SET, STAR, { starAction: { starred: true } }],
  [0, SET, ['mute', ANA], { muteAction: { muted: false } }],
  [0, REMOVE, STAR, { starAction: { starred: false } }],
  [1, SET, ['mute', '120363012345678901@g.us'], { muteAction: { muted: true, muteEndTimestamp: -1 } }],
];

const RECORDS = [
  [
    ['contact', ANA],
    {
      contactAction: {
        fullName: 'Ana María',
        firstName: 'Ana',
        lidJid: '123456789012345@lid',
        saveOnPrimaryAddressbook: true,
      },
    },
  ],
  [['setting_pushName'], { pushNameSetting: { name: 'Me' } }],
  [['pin_v1', ANA], { pinAction: { pinned: true } }],
];

const makeSums = () => {
  const [a, b, c, d] = [bytes(32), bytes(32), bytes(32), bytes(32)];
  const zero = Buffer.alloc(128);
  const rows = [];
  const sum = (name, base, subtract, add) => {
    const result = Buffer.from(LT_HASH_ANTI_TAMPERING.subtractThenAdd(base, subtract, add));
    rows.push({ name, base: hex(base), subtract: subtract.map(hex), add: add.map(hex), result: hex(result) });
    return result;
  };
  const one = sum('add one to zero', zero, [], [a]);
  const three = sum('add two more', one, [], [b, c]);
  const two = sum('remove one', three, [b], []);
  sum('replace', two, [a], [d]);
  if (!sum('remove all gives zero', three, [a, b, c], []).equals(zero))
    throw new Error('a sum does not go back to zero');
  sum('subtract from zero wraps', zero, [a], []);
  sum('no change', three, [], []);
  return rows;
};

const makePatch = async (collection, keys, [keyIndex, operation, index, value], i) => {
  const before = hex(collection.state.hash);
  const key = keys.rows[keyIndex];
  const { patch, data } = await collection.push(key, {
    operation,
    index,
    value: { timestamp: 1760000000000 + 1000 * i, ...value },
    apiVersion: 2,
  });
  const [{ record }] = patch.mutations;
  const blob = Buffer.from(record.value.blob);
  const version = { version: collection.state.version };
  const { syncAction } = await collection.readOne(patch);
  return {
    collection: collection.name,
    operation: operation === SET ? 'SET' : 'REMOVE',
    index,
    index_json: JSON.stringify(index),
    action: decodeFields(proto.SyncActionData, proto.SyncActionData.encode(syncAction).finish()),
    key_id: hex(key.id),
    version: collection.state.version,
    hash_before: before,
    hash_after: hex(collection.state.hash),
    index_mac: hex(record.index.blob),
    value_mac: hex(blob.subarray(-32)),
    encrypted_value_with_iv: hex(blob.subarray(0, -32)),
    sync_action_data: hex(data),
    value_mac_input: hex(
      Buffer.concat([
        Buffer.from([operation === SET ? 1 : 2]),
        key.id,
        blob.subarray(0, -32),
        Buffer.alloc(7),
        Buffer.from([key.id.length + 1]),
      ]),
    ),
    snapshot_mac: hex(patch.snapshotMac),
    patch_mac: hex(patch.patchMac),
    patch_as_sent: hex(proto.SyncdPatch.encode(patch).finish()),
    patch_with_version: hex(proto.SyncdPatch.encode({ ...patch, version }).finish()),
  };
};

const checkPatches = async (keys, rows) => {
  const syncds = rows.map((row) => proto.SyncdPatch.decode(Buffer.from(row.patch_with_version, 'hex')));
  const { state } = await decodePatches('regular_high', syncds, newLTHashState(), keys.find, {});
  if (hex(state.hash) !== rows.at(-1).hash_after) throw new Error('the patches do not come back');
};

const makeSnapshot = async (keys) => {
  const collection = new Collection('critical_unblock_low', keys, 41);
  for (const [index, value] of RECORDS)
    await collection.put(keys.rows[0], {
      index,
      value: { timestamp: 1760000000000, ...value },
      apiVersion: 2,
    });
  const snapshot = await collection.snapshot(keys.rows[0], 42);
  const encoded = Buffer.from(proto.SyncdSnapshot.encode(snapshot).finish());
  const { state, mutationMap } = await decodeSyncdSnapshot(
    collection.name,
    proto.SyncdSnapshot.decode(encoded),
    keys.find,
    undefined,
    true,
    {
      warn: () => {
        throw new Error('the MAC of the snapshot is wrong');
      },
    },
  );
  const actions = Object.values(mutationMap).map(({ index, syncAction }) => ({
    index,
    action: decodeFields(proto.SyncActionData, proto.SyncActionData.encode(syncAction).finish()),
  }));
  return {
    collection: collection.name,
    version: 42,
    encoded: hex(encoded),
    hash: hex(state.hash),
    mac: hex(snapshot.mac),
    expected: actions,
  };
};

export const makeAppState = async (folder) => {
  begin('app-state');
  const lthash = makeSums();
  const keys = makeKeyRing(['000000001a2b', '00000000ffff']);
  const collection = new Collection('regular_high', keys);
  const patches = [];
  for (const [i, step] of STEPS.entries()) patches.push(await makePatch(collection, keys, step, i));
  await checkPatches(keys, patches);
  write(folder, 'crypto/app-state.json', {
    purpose: 'App state: sums, MACs of mutations and patches, a snapshot',
    produced_by: PRODUCED_BY,
    schema: {
      lthash: 'result = base, less every value of subtract, plus every value of add',
      patches:
        'one after the other from a hash of zero at version 0; patch_as_sent is what a client uploads, patch_with_version what it gets',
      snapshot: 'hash is the sum over its value MACs; expected: what its records say',
    },
    checked: 'the patches were read with decodePatches, the snapshot with decodeSyncdSnapshot, MACs checked',
    keys: keys.rows.map(({ id, data }) => ({ id: hex(id), data: hex(data) })),
    lthash,
    patches,
    snapshot: await makeSnapshot(keys),
  });
};
