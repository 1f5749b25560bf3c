// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Connection: one socket of the package at a time, its events told to the test. After pairing the server wants a new
// connection (515), which is made at once as every client does; any other end is told and left to the test.
import makeWASocket, { DEFAULT_CONNECTION_CONFIG, DisconnectReason } from '@whiskeysockets/baileys';
import { describeMessage, isUndecryptable, readVote } from './message-events.mjs';
import { tell } from './wire.mjs';

const ACK_TIMEOUT_MS = 75000;

// The package locks what it reads by its author and what it writes by itself. Both change one session, so that who writes
// while it reads forgets a step, and uses a key twice. With one lock for all of it, it does not.
function makeSignalRepositoryWithOneLock(auth, ...rest) {
  const { transaction } = auth.keys;
  auth.keys.transaction = (work) => transaction(work, 'everything');
  return DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, ...rest);
}

export class Connection {
  #options;
  #waiting = new Map();
  sock = null;

  constructor(options) {
    this.#options = options;
  }

  async open() {
    const { auth, kept, server, logger, config, hasOneLock } = this.#options;
    const sock = makeWASocket({
      ...config,
      waWebSocketUrl: server,
      auth: auth.state,
      logger,
      getMessage: async ({ id }) => kept.find(id)?.message,
      shouldSyncHistoryMessage: () => true,
      ...(hasOneLock ? { makeSignalRepository: makeSignalRepositoryWithOneLock } : {}),
    });
    this.sock = sock;
    sock.ev.process((events) => this.#handle(sock, events));
    sock.ws.on('CB:ack,class:message', ({ attrs }) => this.#acknowledged(attrs));
    return null;
  }

  close() {
    this.sock?.end(undefined);
    return null;
  }

  // The attributes of the server's acknowledgement of that message.
  whenAcked(id) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`the server did not acknowledge ${id}`));
      }, ACK_TIMEOUT_MS);
      this.#waiting.set(id, (attributes) => {
        clearTimeout(timer);
        resolve(attributes);
      });
    });
  }

  #acknowledged(attributes) {
    const { bench, isBench } = this.#options;
    bench.acked++;
    this.#waiting.get(attributes.id)?.(attributes);
    this.#waiting.delete(attributes.id);
    if (!isBench) tell('ack', attributes);
  }

  async #handle(sock, events) {
    for (const [name, data] of Object.entries(events)) {
      if (name === 'creds.update') await this.#options.auth.save();
      else if (name === 'connection.update') this.#updated(sock, data);
      else if (name === 'messages.upsert') this.#received(data);
      else if (name === 'messaging-history.set') this.#history(data);
      else if (!this.#options.isBench) tell(name, data);
    }
  }

  #updated(sock, update) {
    const { qr, lastDisconnect, ...rest } = update;
    if (qr) tell('qr', { text: qr });
    if (Object.keys(rest).length === 0 && !lastDisconnect) return;
    const error = lastDisconnect?.error;
    const code = error?.output?.statusCode;
    const user = rest.connection === 'open' ? { me: sock.user } : {};
    tell('connection', {
      ...rest,
      ...user,
      ...(error ? { code, reason: error.message, data: error.data } : {}),
    });
    if (rest.connection === 'close' && code === DisconnectReason.restartRequired && sock === this.sock)
      this.open();
  }

  #received({ messages, type }) {
    const { kept, bench, isBench } = this.#options;
    for (const message of messages) {
      const isOpaque = isUndecryptable(message);
      if (isOpaque) bench.undecryptable++;
      else if (!message.key.fromMe) bench.received++;
      if (isBench) continue;
      kept.add(message);
      tell(isOpaque ? 'undecryptable' : 'message', { type, ...describeMessage(message) });
      const vote = readVote(message, kept, this.sock.authState.creds.me);
      if (vote) tell('vote', vote);
    }
  }

  #history({ messages, ...rest }) {
    if (this.#options.isBench) return tell('history', { messages: messages.length, progress: rest.progress });
    messages.forEach((message) => this.#options.kept.add(message));
    return tell('history', { ...rest, messages: messages.map(describeMessage) });
  }
}
