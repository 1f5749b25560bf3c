// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The server double: it owns the rooms, the sockets and the routing between them. One process, one thread, state in memory.

import http from 'node:http';
import https from 'node:https';
import { WebSocketServer } from 'ws';
import { Account, Directory } from './accounts.mjs';
import { AppState } from './appstate.mjs';
import { Calls, Newsletters } from './extras.mjs';
import { Certificate } from './certificate.mjs';
import { Connection } from './connection.mjs';
import { Faults } from './faults.mjs';
import { Groups } from './groups.mjs';
import { Journal } from './journal.mjs';
import { LinkCode } from './linkcode.mjs';
import { Login } from './login.mjs';
import { Media } from './media.mjs';
import { Messages, participantHash } from './messages.mjs';
import { Pairing } from './pairing.mjs';
import { Phone } from './phone.mjs';
import { PreKeys } from './prekeys.mjs';
import { Presence } from './presence.mjs';
import { Profile } from './profile.mjs';
import { Queries } from './queries.mjs';
import { Receipts } from './receipts.mjs';
import { Usync } from './usync.mjs';
import { node, now } from './wire.mjs';
import { makeTls } from './tls.mjs';

export const DEFAULTS = {
  port: 0,
  secure_port: 0,
  control_port: 0,
  media_port: 0,
  journal_max: 5000,
  stanzas_max: 1000,
  journal: true,
  verbose: false,
  qr_lifetime_ms: 160000,
  credit_on_ack: true,
  strict_addressing: false,
  strict_sender_receipt: true,
  drop_repeats: false,
  group_form: 'lid',
  edge_routing: '',
  dirty: [],
  props: {},
  appstate_page: 50,
  appstate_snapshots: true,
  media_ttl_s: 300,
  announce_devices: true,
};

export class Server {
  constructor(options = {}) {
    this.options = { ...DEFAULTS, ...options };
    this.journal = new Journal(this.options.journal_max, this.options.stanzas_max);
    this.journal.enabled = this.options.journal;
    this.certificate = new Certificate();
    this.directory = new Directory();
    this.deviceEpoch = 0;
    this.ids = 0;
    this.connections = new Set();
    this.#openRooms();
  }

  // Whether stanzas of that account must have the form of address that the real server wants.
  isStrict(account) {
    const { strict_addressing: strict } = this.options;
    return Array.isArray(strict) ? strict.includes(account.pn) : strict;
  }

  #openRooms() {
    this.faults = new Faults(this);
    this.pairing = new Pairing(this);
    this.linkcode = new LinkCode(this);
    this.login = new Login(this);
    this.prekeys = new PreKeys(this);
    this.usync = new Usync(this);
    this.groups = new Groups(this);
    this.messages = new Messages(this);
    this.receipts = new Receipts(this);
    this.presence = new Presence(this);
    this.profile = new Profile(this);
    this.media = new Media(this);
    this.appstate = new AppState(this);
    this.calls = new Calls(this);
    this.newsletters = new Newsletters(this);
    this.queries = new Queries(this);
    this.routes = {
      iq: (c, n) => this.queries.handle(c, n),
      message: (c, n) => this.messages.handle(c, n),
      receipt: (c, n) => this.receipts.handle(c, n),
      ack: (c, n) => this.login.ack(c, n),
      ib: (c, n) => this.login.ib(c, n),
      presence: (c, n) => this.presence.handle(c, n),
      chatstate: (c, n) => c.device && this.presence.chatstate(c.device, n),
      call: (c, n) => this.calls.handle(c, n),
    };
  }

  time() {
    return `${now()}`;
  }

  nextId(kind) {
    return `${kind}-${++this.ids}`;
  }

  // --- sockets ---

  async listen() {
    this.tls = makeTls([
      '127.0.0.1',
      'localhost',
      'mmg.whatsapp.net',
      'web.whatsapp.com',
      'pps.whatsapp.net',
    ]);
    const plain = http.createServer((_, response) => response.writeHead(404).end());
    const secure = https.createServer(this.tls, (_, response) => response.writeHead(404).end());
    const media = https.createServer(this.tls, (request, response) => this.#media(request, response));
    const plainMedia = http.createServer((request, response) => this.#media(request, response));
    for (const server of [plain, secure]) this.#upgrade(server);
    const open = (server, port) =>
      new Promise((resolve) => {
        server.listen(port, '127.0.0.1', () => resolve(server.address().port));
      });
    this.ports = {
      plain: await open(plain, this.options.port),
      secure: await open(secure, this.options.secure_port),
      media: await open(media, this.options.media_port),
      plainMedia: await open(plainMedia, 0),
    };
    return this.ports;
  }

  #upgrade(server) {
    const sockets = new WebSocketServer({
      server,
      path: '/ws/chat',
      perMessageDeflate: false,
      maxPayload: 64 << 20,
    });
    sockets.on('connection', (socket) => {
      socket._socket.setNoDelay(true);
      this.connections.add(new Connection(this, socket));
    });
  }

  #media(request, response) {
    this.media.serve(request, response).catch((error) => {
      this.journal.event('media-error', { text: error.message });
      response.destroy();
    });
  }

  // --- connections ---

  // The handshake is done.
  entry(connection) {
    if (connection.payload.devicePairingData) this.pairing.begin(connection);
    else this.login.begin(connection);
  }

  route(connection, stanza) {
    const handler = this.routes[stanza.tag];
    if (handler) handler(connection, stanza);
    else if (stanza.tag === 'xmlstreamend') connection.end();
    else this.journal.event('unknown-stanza', { by: connection.name, tag: stanza.tag });
  }

  left(connection) {
    this.connections.delete(connection);
    this.pairing.leave(connection);
    connection.pairing?.reject?.(new Error('the client is gone'));
    const { device } = connection;
    if (!device || device.connection !== connection) return;
    device.connection = null;
    device.queue.close();
    this.presence.left(device);
    this.journal.event('left', { device: device.name });
  }

  // --- accounts ---

  createAccount(document) {
    const account = new Account(this, document);
    this.directory.add(account);
    account.add(new Phone(account, document));
    if (document.history === false) account.phone.primary.startHistory = 'none';
    if (document.share_keys === false) account.phone.primary.sharesKeys = false;
    return account;
  }

  // Who talks with the account hears of a new or removed device, and so do its own.
  devicesChanged(account, action, device) {
    if (!this.options.announce_devices) return;
    const hash = (form) => participantHash([...account.devices.values()].map((d) => d.jid(form)));
    const { bytes, timestamp } = account.keyIndexList();
    const content = node(action, { device_hash: hash('pn'), device_lid_hash: hash('lid') }, [
      node('device', { jid: device.jid('pn'), lid: device.jid('lid'), 'key-index': `${device.keyIndex}` }),
      node('key-index-list', { ts: `${timestamp}` }, bytes),
    ]);
    const attrs = () => ({
      from: account.jid('pn'),
      lid: account.jid('lid'),
      type: 'devices',
      id: this.nextId('devices'),
      t: this.time(),
    });
    for (const other of this.acquaintances(account)) {
      for (const target of other.devices.values())
        if (!target.isPhone) target.deliver(node('notification', attrs(), [content]));
    }
    const own = node(
      'devices',
      { dhash: hash('pn') },
      [...account.devices.values()].map((d) =>
        node('device', { jid: d.jid('pn'), ...(d.id && { 'key-index': `${d.keyIndex}` }) }),
      ),
    );
    for (const target of account.devices.values()) {
      if (target === device || target.isPhone) continue;
      target.deliver(
        node(
          'notification',
          { from: account.jid('pn'), type: 'account_sync', id: this.nextId('own'), t: this.time() },
          [own],
        ),
      );
    }
  }

  acquaintances(account) {
    const all = new Set(account.peers);
    for (const group of this.groups.byJid.values())
      if (group.has(account)) for (const member of group.accounts()) all.add(member);
    all.delete(account);
    return all;
  }

  unlink(device) {
    const { connection } = device;
    device.account.remove(device.id);
    device.queue.clear();
    this.devicesChanged(device.account, 'remove', device);
    connection?.end(node('stream:error', { code: '401' }, [node('conflict', { type: 'device_removed' })]));
    this.journal.event('unlinked', { device: device.name });
  }

  // A user registered anew: another identity, no companions, and everybody hears that the identity changed.
  reregister(account) {
    for (const device of [...account.devices.values()]) if (!device.isPhone) this.unlink(device);
    account.add(new Phone(account));
    account.rawId += 1;
    for (const other of this.acquaintances(account)) {
      for (const device of other.devices.values()) {
        if (device.isPhone) continue;
        device.deliver(
          node(
            'notification',
            {
              from: account.jid('pn'),
              lid: account.jid('lid'),
              type: 'encrypt',
              id: this.nextId('identity'),
              t: this.time(),
            },
            [node('identity', {})],
          ),
        );
      }
    }
  }
}
