// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// App state as a whole: answers of a server to a client that syncs, with the files they name, what the client knows afterwards,
// and answers that must be refused.
import {
  decodePatches,
  decodeSyncdSnapshot,
  encodeBinaryNode,
  newLTHashState,
  proto,
} from '@whiskeysockets/baileys';
import { Collection, makeKeyRing } from './app-state-collection.mjs';
import { begin } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { flip, hex } from './keys.mjs';
import { n } from './node-rows.mjs';
import { decodeFields, toPlain } from './plain.mjs';
import { seal } from './sealed-file.mjs';

const ANA = '15551234567@s.whatsapp.net';
const GROUP = '120363012345678901@g.us';
const { SET, REMOVE } = proto.SyncdMutation.SyncdOperation;

const mutation = (index, value, apiVersion, operation = SET) => ({
  operation,
  index,
  value: { timestamp: 1760000000000, ...value },
  apiVersion,
});

const muteAna = mutation(['mute', ANA], { muteAction: { muted: true, muteEndTimestamp: 1760086400000 } }, 2);
const unmuteAna = mutation(['mute', ANA], { muteAction: { muted: false } }, 2);
const starOne = mutation(
  ['star', ANA, '3EB0C767D9EF4A1B2C3D4E', '0', '0'],
  { starAction: { starred: true } },
  2,
);
const unstarOne = { ...starOne, operation: REMOVE };
const archive = mutation(['archive', GROUP], { archiveChatAction: { archived: true } }, 3);
const pin = mutation(['pin_v1', ANA], { pinAction: { pinned: true } }, 5);
const read = mutation(['markChatAsRead', GROUP], { markChatAsReadAction: { read: true } }, 3);
const contact = mutation(
  ['contact', ANA],
  { contactAction: { fullName: 'Ana María', firstName: 'Ana', lidJid: '123456789012345@lid' } },
  2,
);
const future = mutation(['nobody_knows_this', ANA], {}, 99);

const OK = { valid: true };

// What one answer is made of: a collection that lies on the server, and its patches as they are sent.
class Server {
  constructor(keys, name) {
    this.keys = keys;
    this.collection = new Collection(name, keys);
    this.files = [];
  }

  async patch(mutations, keyIndex = 0) {
    const key = this.keys.rows[keyIndex];
    const { version } = this.collection.state;
    const made = [];
    for (const one of mutations) made.push((await this.collection.put(key, one)).mutations[0]);
    this.collection.state.version = version + 1;
    const snapshotMac = this.collection.snapshotMac(key, version + 1);
    return {
      version: { version: version + 1 },
      mutations: made,
      snapshotMac,
      patchMac: this.collection.patchMac(key, snapshotMac, made, version + 1),
      keyId: { id: key.id },
    };
  }

  async file(type, fields) {
    const plain = Buffer.from(type.encode(fields).finish());
    const { mediaKey, encrypted, fileSha256, fileEncSha256, fileLength } = await seal(plain, 'md-app-state');
    const directPath = `/v/t62.0000-24/state-${this.files.length}.enc`;
    this.files.push({ direct_path: directPath, encrypted: hex(encrypted), plaintext: hex(plain) });
    return { mediaKey, directPath, fileSizeBytes: fileLength, fileSha256, fileEncSha256 };
  }

  async snapshot() {
    const { version } = this.collection.state;
    const made = await this.collection.snapshot(this.keys.rows[0], version);
    return this.file(proto.SyncdSnapshot, made);
  }
}

function makeAnswer(name, version, { snapshot, patches = [], hasMore = false }) {
  const content = [];
  if (snapshot)
    content.push(n('snapshot', {}, Buffer.from(proto.ExternalBlobReference.encode(snapshot).finish())));
  const wires = patches.map((patch) => n('patch', {}, Buffer.from(proto.SyncdPatch.encode(patch).finish())));
  if (patches.length) content.push(n('patches', {}, wires));
  const attributes = { name, version: String(version), ...(hasMore ? { has_more_patches: 'true' } : {}) };
  return n('iq', { from: '@s.whatsapp.net', type: 'result', id: '1.2-7' }, [
    n('sync', {}, [n('collection', attributes, content)]),
  ]);
}

const writeState = (state) => ({
  version: state.version,
  hash: hex(state.hash),
  records: Object.fromEntries(
    Object.entries(state.indexValueMap).map(([index, { valueMac }]) => [
      hex(Buffer.from(index, 'base64')),
      hex(valueMac),
    ]),
  ),
});

const writeMutation = ({ operation, index, value, apiVersion }) => ({
  operation: operation === SET ? 'SET' : 'REMOVE',
  index,
  version: apiVersion,
  value: decodeFields(
    proto.SyncActionValue,
    proto.SyncActionValue.encode(proto.SyncActionValue.fromObject(value)).finish(),
  ),
});

// The package must come to the same state; it logs instead of refusing, so a warning is a refusal.
async function readAnswer(server, before, { snapshot, patches = [] }) {
  const warnings = [];
  const logger = { warn: (_, text) => warnings.push(text), trace: () => {}, debug: () => {}, info: () => {} };
  let state = before;
  try {
    if (snapshot) {
      const file = server.files.find((one) => one.direct_path === snapshot.directPath);
      const decoded = proto.SyncdSnapshot.decode(Buffer.from(file.plaintext, 'hex'));
      ({ state } = await decodeSyncdSnapshot(
        server.collection.name,
        decoded,
        server.keys.find,
        undefined,
        true,
        logger,
      ));
    }
    const inline = patches.map((patch) => {
      const reference = patch.externalMutations;
      const file = reference && server.files.find((one) => one.direct_path === reference.directPath);
      const mutations = file
        ? proto.SyncdMutations.decode(Buffer.from(file.plaintext, 'hex')).mutations
        : patch.mutations;
      return { ...patch, mutations: [...mutations], externalMutations: undefined };
    });
    ({ state } = await decodePatches(
      server.collection.name,
      inline,
      state,
      server.keys.find,
      {},
      undefined,
      logger,
      true,
    ));
  } catch (error) {
    warnings.push(error.message);
  }
  return { state, warnings };
}

async function makeRow(server, name, before, sent, mutations, expected) {
  const node = makeAnswer(server.collection.name, before.version, sent);
  const { state, warnings } = await readAnswer(server, before, sent);
  if (expected.valid !== (warnings.length === 0)) throw new Error(`‘${name}’: the package says ${warnings}`);
  return {
    name,
    collection: server.collection.name,
    state_before: writeState(before),
    node: toPlain(node),
    encoded: hex(encodeBinaryNode(node)),
    files: [...server.files],
    ...expected,
    ...(expected.valid ? { state_after: writeState(state), mutations: mutations.map(writeMutation) } : {}),
    state,
  };
}

const copy = (collection) => ({
  ...collection.state,
  hash: Buffer.from(collection.state.hash),
  indexValueMap: { ...collection.state.indexValueMap },
});

async function makeGood(keys) {
  const rows = [];
  const high = new Server(keys, 'regular_high');
  let before = copy(high.collection);
  const first = [await high.patch([muteAna, starOne]), await high.patch([unmuteAna])];
  rows.push(
    await makeRow(
      high,
      'two patches from nothing',
      before,
      { patches: first },
      [muteAna, starOne, unmuteAna],
      OK,
    ),
  );
  before = copy(high.collection);
  const second = [await high.patch([unstarOne], 1)];
  rows.push(
    await makeRow(
      high,
      'a removal, with the newer key, and more to come',
      before,
      { patches: second, hasMore: true },
      [unstarOne],
      { ...OK, has_more: true },
    ),
  );
  before = copy(high.collection);
  rows.push(await makeRow(high, 'nothing new', before, {}, [], OK));

  const low = new Server(keys, 'regular_low');
  await low.patch([archive, pin]);
  await low.patch([read]);
  const snapshot = await low.snapshot();
  const after = [await low.patch([future])];
  rows.push(
    await makeRow(
      low,
      'a snapshot and a patch behind it',
      newLTHashState(),
      { snapshot, patches: after },
      [archive, pin, read, future],
      OK,
    ),
  );

  const names = new Server(keys, 'critical_unblock_low');
  const whole = await names.patch([contact]);
  const reference = await names.file(proto.SyncdMutations, { mutations: whole.mutations });
  const external = { ...whole, mutations: [], externalMutations: reference };
  rows.push(
    await makeRow(names, 'mutations in a file', newLTHashState(), { patches: [external] }, [contact], OK),
  );
  return rows;
}

async function makeBad(keys) {
  const fresh = async () => {
    const server = new Server(keys, 'regular_high');
    return { server, patch: await server.patch([muteAna, starOne]) };
  };
  const changes = [
    [
      'a patch MAC with one bit changed',
      'patch MAC',
      ({ patch }) => ({ ...patch, patchMac: flip(patch.patchMac, 3) }),
    ],
    [
      'a snapshot MAC of another state',
      'snapshot MAC',
      ({ patch, server }) => {
        const snapshotMac = flip(patch.snapshotMac, 200);
        const key = keys.rows[0];
        return {
          ...patch,
          snapshotMac,
          patchMac: server.collection.patchMac(key, snapshotMac, patch.mutations, 1),
        };
      },
    ],
    ['a mutation left out', 'patch MAC', ({ patch }) => ({ ...patch, mutations: patch.mutations.slice(1) })],
    [
      'a key that nobody shared',
      'missing key',
      ({ patch }) => ({ ...patch, keyId: { id: Buffer.from('0000000000ee', 'hex') } }),
    ],
    [
      'a patch of version 1 called version 2',
      'patch MAC',
      ({ patch }) => ({ ...patch, version: { version: 2 } }),
    ],
  ];
  const rows = [];
  for (const [name, reason, change] of changes) {
    const made = await fresh();
    rows.push(
      await makeRow(made.server, name, newLTHashState(), { patches: [change(made)] }, [], {
        valid: false,
        reason,
      }),
    );
  }
  return rows;
}

const withoutState = ({ state, ...row }) => row;

const makeRefusal = (code) => {
  const node = n('iq', { from: '@s.whatsapp.net', type: 'result', id: '1.2-8' }, [
    n('sync', {}, [
      n('collection', { name: 'regular_low', type: 'error', version: '3' }, [
        n('error', { code: String(code) }),
      ]),
    ]),
  ]);
  return { code, node: toPlain(node), encoded: hex(encodeBinaryNode(node)) };
};

export async function makeAppStateSync(folder) {
  begin('app-state-sync');
  const keys = makeKeyRing(['000000001a2b', '00000000ffff']);
  const rows = [...(await makeGood(keys)), ...(await makeBad(keys))];
  write(folder, 'app-state-sync.json', {
    purpose: 'App state: answers of a server to a client that syncs',
    produced_by: PRODUCED_BY,
    schema: {
      answers:
        'encoded: the frame; files: what lies on the media host (key of the kind ‘WhatsApp App State Keys’); records: index MAC to value MAC; mutations: in their order. An answer that is not valid must not change the state',
      refusals: 'a collection that the server does not answer; 409 is a conflict of an upload',
    },
    checked: 'the package came to the same states, and warned of or refused what is not valid',
    keys: keys.rows.map(({ id, data }) => ({ id: hex(id), data: hex(data) })),
    answers: rows.map(withoutState),
    refusals: [400, 404, 409, 500].map(makeRefusal),
  });
}
