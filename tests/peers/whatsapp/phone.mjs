// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The simulated phone: device 0 of an account, living in this process. It decrypts what it gets, asks again for what it
// cannot, and acknowledges. What it sends stands in outbox.mjs, what it does for its own companions in primary.mjs.

import { PhoneAppState } from './appstate-phone.mjs';
import { Device } from './accounts.mjs';
import { corrupt } from './faults.mjs';
import { Ring } from './journal.mjs';
import { Outbox } from './outbox.mjs';
import { Primary } from './primary.mjs';
import { Signal } from './signal.mjs';
import { bigEndian, bytesOf, children, node, proto } from './wire.mjs';

const INBOX_MAX = 5000;
const RETRIES_MAX = 5;

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

export class Phone extends Device {
  constructor(account, { decrypt, receipts } = {}) {
    const signal = new Signal(account.server.journal);
    super(account, 0, {
      identity: signal.identity.public,
      registrationId: signal.registrationId,
      signedPreKey: signal.signedPreKey,
    });
    this.isPhone = true;
    this.isAvailable = true;
    this.signal = signal;
    this.identityPair = signal.identity;
    this.decrypts = decrypt ?? true;
    this.sendsReceipts = receipts ?? true;
    this.inbox = new Ring(INBOX_MAX);
    this.heard = new Ring(INBOX_MAX);
    this.retried = new Map();
    this.outbox = new Outbox(this);
    this.primary = new Primary(this);
    this.appState = new PhoneAppState(this);
    this.work = Promise.resolve();
    this.received = 0;
    this.corrupts = 0;
  }

  makePreKey() {
    return this.signal.makePreKey();
  }

  get isOnline() {
    return true;
  }

  // Everything that a phone gets goes through one line, in order.
  deliver(stanza) {
    this.received += 1;
    this.enqueue(() => this.#handle(stanza));
  }

  enqueue(work) {
    const done = this.work.then(work);
    this.work = done.catch((error) =>
      this.server.journal.event('phone-error', { phone: this.account.pn, text: error.message }),
    );
    return done;
  }

  transmit(stanza) {
    if (stanza.tag === 'presence' || stanza.tag === 'chatstate')
      this.heard.push({ at_ms: Date.now(), tag: stanza.tag, attrs: stanza.attrs, content: stanza.content });
  }

  whisper(stanza) {
    this.transmit(stanza);
  }

  // The server's ack for what this phone sent.
  answer(stanza, more) {
    this.outbox.answered(stanza, more);
  }

  async #handle(stanza) {
    if (stanza.tag === 'message') {
      await nextTurn(); // a phone is elsewhere: who sent it has the server's ack before it reads
      if (this.decrypts) await this.#message(stanza);
      else if (this.sendsReceipts) this.#confirm(stanza);
    } else {
      this.heard.push({ at_ms: Date.now(), tag: stanza.tag, attrs: stanza.attrs, content: stanza.content });
      if (stanza.tag === 'receipt' && stanza.attrs.type === 'retry') await this.outbox.resend(stanza);
    }
  }

  // --- receiving ---

  #author(stanza) {
    return this.server.directory.device(stanza.attrs.participant ?? stanza.attrs.from);
  }

  async #message(arrived) {
    const author = this.#author(arrived);
    if (!author) return;
    const stanza = this.corrupts > 0 ? corrupt(arrived) : arrived;
    if (this.corrupts > 0) this.corrupts -= 1;
    const message = {};
    try {
      for (const enc of children(stanza, 'enc')) await this.#open(stanza, author, enc, message);
      const plain = bytesOf(stanza, 'plaintext');
      if (plain) Object.assign(message, proto.Message.decode(plain));
    } catch (error) {
      this.#complain(stanza, author, error);
      return;
    }
    this.retried.delete(`${stanza.attrs.id}|${author.name}`);
    this.#keep(stanza, author, message);
    if (this.sendsReceipts) this.#confirm(stanza);
  }

  async #open(stanza, author, enc, into) {
    const group = stanza.attrs.from;
    const plain =
      enc.attrs.type === 'skmsg'
        ? await this.signal.decryptGroup(group, author, bytesOf(enc))
        : await this.signal.decrypt(author, enc.attrs.type, bytesOf(enc));
    const message = proto.Message.decode(plain);
    const key = message.senderKeyDistributionMessage;
    if (key)
      await this.signal.learn(key.groupId, author, Buffer.from(key.axolotlSenderKeyDistributionMessage));
    const inner = author.account === this.account && message.deviceSentMessage?.message;
    Object.assign(into, inner || message);
    if (inner) into.destination = message.deviceSentMessage.destinationJid;
    const asked = (inner || message).protocolMessage;
    if (asked) await this.primary.asked(stanza, author, asked);
  }

  #keep(stanza, author, message) {
    const { id, from, participant, recipient, t, type, category, edit, addressing_mode: mode } = stanza.attrs;
    this.server.journal.count('phone_decrypted');
    this.inbox.push({
      at_ms: Date.now(),
      id,
      from,
      author: author.name,
      chat: recipient ?? from,
      participant,
      t,
      type,
      category,
      edit,
      mode,
      encs: children(stanza, 'enc').map((e) => e.attrs.type),
      message,
    });
  }

  // Messages as JSON, made only for who asks.
  messages(place) {
    const { rows, ...rest } = this.inbox.since(place);
    return {
      ...rest,
      rows: rows.map((row) => {
        const { destination, ...message } = row.message;
        return {
          ...row,
          destination,
          message: proto.Message.toObject(message, { bytes: String, longs: String, enums: String }),
          text: textOf(message),
        };
      }),
    };
  }

  #receipt(stanza, attrs, content) {
    const { id, from, participant } = stanza.attrs;
    const all = { id, to: from, ...attrs };
    if (participant) all.participant = participant;
    this.server.receipts.accept(this, node('receipt', all, content));
  }

  #confirm(stanza) {
    const { recipient, category } = stanza.attrs;
    const author = this.#author(stanza);
    if (category === 'peer') this.#receipt(stanza, { type: 'peer_msg' });
    else if (author?.account === this.account)
      this.#receipt(stanza, recipient ? { type: 'sender', recipient } : { type: 'sender' });
    else this.#receipt(stanza, {});
  }

  #complain(stanza, author, error) {
    const key = `${stanza.attrs.id}|${author.name}`;
    const count = (this.retried.get(key) ?? 0) + 1;
    this.retried.set(key, count);
    this.server.journal.event('phone-undecryptable', {
      phone: this.account.pn,
      from: author.name,
      id: stanza.attrs.id,
      count,
      text: error.message,
      encs: children(stanza, 'enc').map((e) => e.attrs.type),
    });
    if (count > RETRIES_MAX) return;
    const needsKeys = count > 1 || children(stanza, 'enc').every((e) => e.attrs.type === 'skmsg');
    const content = [
      node('retry', { count: `${count}`, id: stanza.attrs.id, t: stanza.attrs.t, v: '1', error: '0' }),
      node('registration', {}, bigEndian(this.registrationId, 4)),
    ];
    if (needsKeys) content.push(node('keys', {}, this.#keys()));
    const more = { type: 'retry' };
    for (const name of ['recipient', 'category']) if (stanza.attrs[name]) more[name] = stanza.attrs[name];
    this.#receipt(stanza, more, content);
  }

  #keys() {
    const { id, value, signature } = this.signedPreKey;
    const oneTime = this.makePreKey();
    return [
      node('type', {}, Buffer.from([5])),
      node('identity', {}, this.identity),
      node('key', {}, [node('id', {}, bigEndian(oneTime.id, 3)), node('value', {}, oneTime.value)]),
      node('skey', {}, [
        node('id', {}, bigEndian(id, 3)),
        node('value', {}, value),
        node('signature', {}, signature),
      ]),
    ];
  }

  linked(device) {
    this.primary.linked(device);
  }

  reupload(stanza) {
    return this.primary.reupload(stanza);
  }

  // A receipt of any kind, as if the user had looked.
  confirm({ type, ids, to, participant }) {
    const [id, ...others] = ids;
    const attrs = { id, to, ...(type && { type }), ...(participant && { participant }) };
    this.server.receipts.accept(
      this,
      node(
        'receipt',
        attrs,
        others.length
          ? [
              node(
                'list',
                {},
                others.map((i) => node('item', { id: i })),
              ),
            ]
          : undefined,
      ),
    );
  }
}

export function textOf(message) {
  return message.conversation ?? message.extendedTextMessage?.text ?? undefined;
}
