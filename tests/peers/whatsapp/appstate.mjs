// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// App state as the server has it: numbered patches of things it cannot read, snapshots made of them, conflicts. What the
// phone makes of it stands in appstate-phone.mjs.

import { decryptMedia } from './media.mjs';
import { bytesOf, child, children, node, proto } from './wire.mjs';

export const COLLECTIONS = [
  'critical_block',
  'critical_unblock_low',
  'regular_high',
  'regular',
  'regular_low',
];
const SET = 0;

class Collection {
  constructor() {
    this.version = 0;
    this.patches = [];
    this.records = new Map();
  }

  append(patch, mutations) {
    this.version += 1;
    const full = proto.SyncdPatch.create({ ...patch, version: { version: this.version } });
    this.patches.push({ version: this.version, bytes: Buffer.from(proto.SyncdPatch.encode(full).finish()) });
    for (const { operation, record } of mutations) {
      const index = Buffer.from(record.index.blob).toString('base64');
      if (operation === SET || operation === undefined || operation === null) this.records.set(index, record);
      else this.records.delete(index);
    }
    this.last = full;
  }

  snapshot() {
    return Buffer.from(
      proto.SyncdSnapshot.encode({
        version: { version: this.version },
        records: [...this.records.values()],
        mac: this.last.snapshotMac,
        keyId: this.last.keyId,
      }).finish(),
    );
  }
}

export class AppState {
  constructor(server) {
    this.server = server;
    this.accounts = new Map();
  }

  of(account, name) {
    if (!this.accounts.has(account))
      this.accounts.set(account, new Map(COLLECTIONS.map((n) => [n, new Collection()])));
    return this.accounts.get(account).get(name);
  }

  set(connection, iq) {
    const answers = children(child(iq, 'sync'), 'collection').map((asked) => this.#answer(connection, asked));
    connection.result(iq, [node('sync', {}, answers)]);
  }

  #answer(connection, asked) {
    const { name } = asked.attrs;
    const account = connection.device.account;
    const collection = this.of(account, name);
    if (!collection)
      return node('collection', { name, type: 'error' }, [
        node('error', { code: '400', text: 'bad-request' }),
      ]);
    const version = Number(asked.attrs.version ?? 0);
    const patch = bytesOf(asked, 'patch');
    if (patch) return this.#upload(connection, account, name, collection, version, patch);
    return this.#fetch(name, collection, version, asked.attrs.return_snapshot === 'true');
  }

  // {"regular_low": 2}: the next two uploads meet a conflict that is none.
  #isForced(name) {
    if (!this.conflicts?.[name]) return false;
    this.conflicts[name] -= 1;
    return true;
  }

  #upload(connection, account, name, collection, version, bytes) {
    if (version !== collection.version || this.#isForced(name)) {
      const answer = this.#fetch(name, collection, version, false);
      this.server.journal.event('appstate-conflict', {
        device: connection.name,
        name,
        theirs: version,
        ours: collection.version,
      });
      return {
        ...answer,
        attrs: { ...answer.attrs, type: 'error' },
        content: [node('error', { code: '409', text: 'conflict' }), ...answer.content],
      };
    }
    const decoded = proto.SyncdPatch.decode(bytes);
    account.phone.appState.read(name, version + 1, decoded, connection.device);
    this.append(account, name, decoded, connection.device);
    return node('collection', { name, version: `${collection.version}` });
  }

  // A patch's mutations, wherever they lie.
  mutationsOf(patch) {
    const outside = patch.externalMutations;
    if (!outside) return patch.mutations;
    const plain = decryptMedia(
      'md-app-state',
      this.server.media.find(outside.directPath).file,
      Buffer.from(outside.mediaKey),
    );
    return [...patch.mutations, ...proto.SyncdMutations.decode(plain).mutations];
  }

  // From a companion's upload or from the phone; the others hear that there is something new.
  append(account, name, patch, by) {
    const collection = this.of(account, name);
    const mutations = this.mutationsOf(patch);
    collection.append(patch, mutations);
    this.server.journal.event('appstate-patch', {
      account: account.pn,
      name,
      version: collection.version,
      by: by.name,
      mutations: mutations.length,
    });
    for (const device of account.devices.values())
      if (device !== by && !device.isPhone) this.announce(device, name, collection.version);
  }

  announce(device, name, version) {
    device.deliver(
      node(
        'notification',
        {
          from: device.account.jid('pn'),
          type: 'server_sync',
          id: this.server.nextId('sync'),
          t: this.server.time(),
        },
        [node('collection', { name, version: `${version}` })],
      ),
    );
  }

  #fetch(name, collection, version, wantsSnapshot) {
    const attrs = { name, version: `${collection.version}` };
    if (wantsSnapshot && collection.version > 0 && this.server.options.appstate_snapshots) {
      const reference = this.server.media.put('md-app-state', collection.snapshot());
      reference.fileSizeBytes = reference.fileLength;
      delete reference.fileLength;
      return node('collection', attrs, [
        node('snapshot', {}, Buffer.from(proto.ExternalBlobReference.encode(reference).finish())),
      ]);
    }
    const missing = collection.patches.filter((p) => p.version > version);
    const page = missing.slice(0, this.server.options.appstate_page);
    if (missing.length > page.length) attrs.has_more_patches = 'true';
    return node(
      'collection',
      attrs,
      page.length
        ? [
            node(
              'patches',
              {},
              page.map((p) => node('patch', {}, p.bytes)),
            ),
          ]
        : [],
    );
  }
}
