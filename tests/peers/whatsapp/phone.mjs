// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The simulated phone: device 0 of an account, living in this process. It decrypts what it gets, asks again for what it
// cannot, answers those who ask it, and sends to every device as a phone does. What it does for its own companions stands
// in primary.mjs.

import crypto from 'node:crypto';
import { PhoneAppState } from './appstate-phone.mjs';
import { Device } from './accounts.mjs';
import { corrupt } from './faults.mjs';
import { Ring } from './journal.mjs';
import { Primary } from './primary.mjs';
import { Signal } from './signal.mjs';
import { bigEndian, bytesOf, child, children, isUser, node, numberOf, proto } from './wire.mjs';

const SENT_MAX = 5000;
const INBOX_MAX = 5000;
const RETRIES_MAX = 5;

const TYPES = [['reactionMessage', 'reaction'], ['pollCreationMessage', 'poll'], ['pollCreationMessageV3', 'poll'], ['pollUpdateMessage', 'poll'],
  ['imageMessage', 'media', 'image'], ['videoMessage', 'media', 'video'], ['audioMessage', 'media', 'audio'], ['documentMessage', 'media', 'document'],
  ['stickerMessage', 'media', 'sticker'], ['locationMessage', 'media', 'location'], ['liveLocationMessage', 'media', 'livelocation'],
  ['contactMessage', 'media', 'vcard'], ['contactsArrayMessage', 'media', 'contact_array'], ['eventMessage', 'event']];

export class Phone extends Device {
  constructor(account, { decrypt, receipts } = {}) {
    const signal = new Signal(account.server.journal);
    super(account, 0, { identity: signal.identity.public, registrationId: signal.registrationId, signedPreKey: signal.signedPreKey });
    this.isPhone = true;
    this.isAvailable = true;
    this.signal = signal;
    this.identityPair = signal.identity;
    this.decrypts = decrypt ?? true;
    this.sendsReceipts = receipts ?? true;
    this.inbox = new Ring(INBOX_MAX);
    this.heard = new Ring(INBOX_MAX);
    this.sent = new Map();
    this.answers = new Map();
    this.retried = new Map();
    this.audience = new Map();
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
    if (stanza.tag === 'message' && !this.decrypts) {
      if (this.sendsReceipts) this.#confirm(stanza);
      return;
    }
    this.enqueue(() => this.#handle(stanza));
  }

  enqueue(work) {
    const done = this.work.then(work);
    this.work = done.catch((error) => this.server.journal.event('phone-error', { phone: this.account.pn, text: error.message }));
    return done;
  }

  transmit(stanza) {
    if (stanza.tag === 'presence' || stanza.tag === 'chatstate') this.heard.push({ at_ms: Date.now(), tag: stanza.tag, attrs: stanza.attrs, content: stanza.content });
  }

  whisper(stanza) {
    this.transmit(stanza);
  }

  // The server's ack for what this phone sent.
  answer(stanza, more) {
    this.answers.set(stanza.attrs.id, more);
    if (this.answers.size > SENT_MAX) this.answers.delete(this.answers.keys().next().value);
  }

  async #handle(stanza) {
    if (stanza.tag === 'message') await this.#message(stanza);
    else {
      this.heard.push({ at_ms: Date.now(), tag: stanza.tag, attrs: stanza.attrs, content: stanza.content });
      if (stanza.tag === 'receipt' && stanza.attrs.type === 'retry') await this.#resend(stanza);
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
    const plain = enc.attrs.type === 'skmsg' ? await this.signal.decryptGroup(group, author, bytesOf(enc)) : await this.signal.decrypt(author, enc.attrs.type, bytesOf(enc));
    const message = proto.Message.decode(plain);
    const key = message.senderKeyDistributionMessage;
    if (key) await this.signal.learn(key.groupId, author, Buffer.from(key.axolotlSenderKeyDistributionMessage));
    const inner = author.account === this.account && message.deviceSentMessage?.message;
    Object.assign(into, inner || message);
    if (inner) into.destination = message.deviceSentMessage.destinationJid;
    const asked = (inner || message).protocolMessage;
    if (asked) await this.primary.asked(stanza, author, asked);
  }

  #keep(stanza, author, message) {
    const { id, from, participant, recipient, t, type, category, edit, addressing_mode: mode } = stanza.attrs;
    this.server.journal.count('phone_decrypted');
    this.inbox.push({ at_ms: Date.now(), id, from, author: author.name, chat: recipient ?? from, participant, t, type, category, edit, mode, encs: children(stanza, 'enc').map((e) => e.attrs.type), message });
  }

  // Messages as JSON, made only for who asks.
  messages(place) {
    const { rows, ...rest } = this.inbox.since(place);
    return { ...rest, rows: rows.map((row) => {
      const { destination, ...message } = row.message;
      return { ...row, destination, message: proto.Message.toObject(message, { bytes: String, longs: String, enums: String }), text: textOf(message) };
    }) };
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
    else if (author?.account === this.account) this.#receipt(stanza, recipient ? { type: 'sender', recipient } : { type: 'sender' });
    else this.#receipt(stanza, {});
  }

  #complain(stanza, author, error) {
    const key = `${stanza.attrs.id}|${author.name}`;
    const count = (this.retried.get(key) ?? 0) + 1;
    this.retried.set(key, count);
    this.server.journal.event('phone-undecryptable', { phone: this.account.pn, from: author.name, id: stanza.attrs.id, count, text: error.message, encs: children(stanza, 'enc').map((e) => e.attrs.type) });
    if (count > RETRIES_MAX) return;
    const needsKeys = count > 1 || children(stanza, 'enc').every((e) => e.attrs.type === 'skmsg');
    const content = [node('retry', { count: `${count}`, id: stanza.attrs.id, t: stanza.attrs.t, v: '1', error: '0' }), node('registration', {}, bigEndian(this.registrationId, 4))];
    if (needsKeys) content.push(node('keys', {}, this.#keys()));
    const more = { type: 'retry' };
    for (const name of ['recipient', 'category']) if (stanza.attrs[name]) more[name] = stanza.attrs[name];
    this.#receipt(stanza, more, content);
  }

  #keys() {
    const { id, value, signature } = this.signedPreKey;
    const oneTime = this.makePreKey();
    return [node('type', {}, Buffer.from([5])), node('identity', {}, this.identity),
      node('key', {}, [node('id', {}, bigEndian(oneTime.id, 3)), node('value', {}, oneTime.value)]),
      node('skey', {}, [node('id', {}, bigEndian(id, 3)), node('value', {}, value), node('signature', {}, signature)])];
  }

  // --- sending ---

  async encryptFor(device, plain) {
    if (!this.signal.hasSession(device)) await this.#fetch(device);
    const { type, bytes } = await this.signal.encrypt(device, plain);
    return node('enc', { v: '2', type }, bytes);
  }

  async #fetch(device) {
    await this.signal.start(device, { identity: device.identity, registrationId: device.registrationId, signed: device.signedPreKey,
      oneTime: this.server.prekeys.take(device), deviceIdentity: device.deviceIdentity });
  }

  // to: a user or a group; message: a Message as JSON, bytes in base64. Returns the id.
  // companions_only leaves phones out: they are not what a benchmark measures.
  send({ to, message, text, id, edit, attrs, form, children: more, companions_only: companionsOnly }) {
    const content = proto.Message.fromObject(message ?? { conversation: text });
    const spec = { to, id: id ?? `3EB0${crypto.randomBytes(9).toString('hex').toUpperCase()}`, edit, attrs, form, content, more: more ?? [], companionsOnly };
    return this.enqueue(() => this.#send(spec));
  }

  async #send(spec) {
    this.#remember(spec);
    const stanza = spec.to.endsWith('@g.us') || spec.to === 'status@broadcast' ? await this.#groupStanza(spec) : await this.#userStanza(spec);
    this.server.messages.accept(this, stanza);
    return { id: spec.id, ...this.answers.get(spec.id) };
  }

  #remember(spec) {
    this.sent.set(spec.id, spec);
    if (this.sent.size > SENT_MAX) this.sent.delete(this.sent.keys().next().value);
  }

  #attrs(spec, to) {
    const [, type] = TYPES.find(([field]) => spec.content[field]) ?? [null, 'text'];
    return { id: spec.id, to, type, ...(spec.edit && { edit: `${spec.edit}` }), ...spec.attrs };
  }

  #encAttrs(content) {
    const [, , mediatype] = TYPES.find(([field]) => content[field]) ?? [];
    return mediatype ? { mediatype: content.audioMessage?.ptt ? 'ptt' : mediatype } : {};
  }

  async #userStanza(spec) {
    const form = spec.form ?? (this.account.migrated ? 'lid' : 'pn');
    const recipient = this.server.directory.account(spec.to);
    if (!recipient) throw new RangeError(`there is no account ${spec.to}`);
    const chat = recipient.jid(form);
    const plain = encodeMessage(spec.content);
    const copy = encodeMessage(proto.Message.fromObject({ deviceSentMessage: { destinationJid: chat, message: spec.content }, messageContextInfo: spec.content.messageContextInfo }));
    const targets = [];
    for (const account of new Set([recipient, this.account])) {
      for (const device of account.devices.values()) {
        if (device === this || (spec.companionsOnly && device.isPhone)) continue;
        const enc = await this.encryptFor(device, account === this.account ? copy : plain);
        Object.assign(enc.attrs, this.#encAttrs(spec.content));
        targets.push(node('to', { jid: device.jid(form) }, [enc]));
      }
    }
    return node('message', this.#attrs(spec, chat), [node('participants', {}, targets), ...spec.more]);
  }

  async #groupStanza(spec) {
    const group = this.server.groups.find(spec.to);
    const accounts = group ? [...group.accounts()] : [...this.account.statusAudience, this.account];
    const form = group?.form ?? 'lid';
    const holders = this.#holders(spec.to, accounts);
    const key = encodeMessage(proto.Message.fromObject({ senderKeyDistributionMessage: { groupId: spec.to, axolotlSenderKeyDistributionMessage: await this.signal.distribution(spec.to, this) } }));
    const targets = [];
    for (const account of accounts) {
      for (const device of account.devices.values()) {
        if (device === this || holders.has(device) || (spec.companionsOnly && device.isPhone)) continue;
        targets.push(node('to', { jid: device.jid(form) }, [await this.encryptFor(device, key)]));
        holders.add(device);
      }
    }
    const enc = node('enc', { v: '2', type: 'skmsg', ...this.#encAttrs(spec.content) }, await this.signal.encryptGroup(spec.to, this, encodeMessage(spec.content)));
    const attrs = this.#attrs(spec, spec.to);
    if (group) attrs.addressing_mode = form;
    return node('message', attrs, [...(targets.length ? [node('participants', {}, targets)] : []), enc, ...spec.more]);
  }

  // Who has this phone's sender key; it is made anew once somebody who has it is no longer there.
  #holders(to, accounts) {
    const present = new Set(accounts.flatMap((a) => [...a.devices.values()]));
    let holders = this.audience.get(to) ?? new Set();
    if ([...holders].some((device) => !present.has(device))) {
      this.signal.dropSenderKey(to, this);
      holders = new Set();
    }
    this.audience.set(to, holders);
    return holders;
  }

  async #resend(receipt) {
    const { id, from, participant, recipient } = receipt.attrs;
    const device = this.server.directory.device(participant ?? from);
    const spec = this.sent.get(id);
    const retry = child(receipt, 'retry');
    this.server.journal.event('phone-asked-again', { phone: this.account.pn, by: device?.name, id, known: Boolean(spec) });
    if (!spec || !device || Number(retry?.attrs.count) >= RETRIES_MAX) return;
    await this.#renew(device, receipt);
    this.audience.get(spec.to)?.delete(device);
    await this.#sendAgain(spec, device, receipt, Number(retry.attrs.count), recipient);
  }

  async #renew(device, receipt) {
    const keys = child(receipt, 'keys');
    if (!keys) {
      this.signal.drop(device);
      return;
    }
    const [oneTime, skey] = [child(keys, 'key'), child(keys, 'skey')];
    await this.signal.start(device, { identity: bytesOf(keys, 'identity'), registrationId: numberOf(receipt, 'registration'),
      signed: { id: numberOf(skey, 'id'), value: bytesOf(skey, 'value'), signature: bytesOf(skey, 'signature') },
      oneTime: oneTime && { id: numberOf(oneTime, 'id'), value: bytesOf(oneTime, 'value') }, deviceIdentity: bytesOf(keys, 'device-identity') });
  }

  async #sendAgain(spec, device, { attrs: { from, participant } }, count, recipient) {
    let content = spec.content;
    if (!isUser(spec.to)) {
      content = proto.Message.fromObject({ ...spec.content, senderKeyDistributionMessage: { groupId: spec.to, axolotlSenderKeyDistributionMessage: await this.signal.distribution(spec.to, this) } });
      this.audience.get(spec.to)?.add(device);
    } else if (device.account === this.account) {
      content = proto.Message.fromObject({ deviceSentMessage: { destinationJid: recipient ?? spec.to, message: spec.content } });
    }
    const enc = await this.encryptFor(device, encodeMessage(content));
    Object.assign(enc.attrs, this.#encAttrs(spec.content), { count: `${count}` });
    const attrs = this.#attrs(spec, isUser(spec.to) ? from : spec.to);
    if (participant && !isUser(spec.to)) attrs.participant = participant;
    if (recipient) attrs.recipient = recipient;
    this.server.messages.accept(this, node('message', attrs, [enc]));
  }

  // One message for one own companion, as keys and history travel.
  async sendPeer(device, content, more = {}) {
    const form = more.form ?? (this.account.migrated ? 'lid' : 'pn');
    const enc = await this.encryptFor(device, encodeMessage(proto.Message.fromObject(content)));
    const id = more.id ?? `3EB0${crypto.randomBytes(9).toString('hex').toUpperCase()}`;
    this.server.journal.event('peer-message', { phone: this.account.pn, to: device.name, id, what: Object.keys(content)[0] });
    device.deliver(node('message', { id, from: this.jid(form), t: this.server.time(), type: 'text', category: 'peer', ...more.attrs }, [enc, node('meta', { appdata: 'default' })]));
    return id;
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
    this.server.receipts.accept(this, node('receipt', attrs, others.length ? [node('list', {}, others.map((i) => node('item', { id: i })))] : undefined));
  }
}

export function encodeMessage(message) {
  return Buffer.from(proto.Message.encode(message).finish());
}

export function textOf(message) {
  return message.conversation ?? message.extendedTextMessage?.text ?? undefined;
}
