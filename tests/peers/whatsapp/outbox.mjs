// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// What a simulated phone sends: to users, groups and its own companions, and again to whoever could not decrypt it.

import crypto from 'node:crypto';
import { bytesOf, child, isUser, node, numberOf, proto } from './wire.mjs';

const SENT_MAX = 5000;
const RETRIES_MAX = 5;

const TYPES = [
  ['reactionMessage', 'reaction'],
  ['pollCreationMessage', 'poll'],
  ['pollCreationMessageV3', 'poll'],
  ['pollUpdateMessage', 'poll'],
  ['imageMessage', 'media', 'image'],
  ['videoMessage', 'media', 'video'],
  ['audioMessage', 'media', 'audio'],
  ['documentMessage', 'media', 'document'],
  ['stickerMessage', 'media', 'sticker'],
  ['locationMessage', 'media', 'location'],
  ['liveLocationMessage', 'media', 'livelocation'],
  ['contactMessage', 'media', 'vcard'],
  ['contactsArrayMessage', 'media', 'contact_array'],
  ['eventMessage', 'event'],
];

export function encodeMessage(message) {
  return Buffer.from(proto.Message.encode(message).finish());
}

export class Outbox {
  constructor(phone) {
    this.phone = phone;
    this.account = phone.account;
    this.server = phone.server;
    this.signal = phone.signal;
    this.sent = new Map();
    this.answers = new Map();
    this.audience = new Map();
  }

  // The server's ack.
  answered(stanza, more) {
    this.answers.set(stanza.attrs.id, more);
    if (this.answers.size > SENT_MAX) this.answers.delete(this.answers.keys().next().value);
  }

  async encryptFor(device, plain) {
    if (!this.signal.hasSession(device)) await this.#fetch(device);
    const { type, bytes } = await this.signal.encrypt(device, plain);
    return node('enc', { v: '2', type }, bytes);
  }

  async #fetch(device) {
    await this.signal.start(device, {
      identity: device.identity,
      registrationId: device.registrationId,
      signed: device.signedPreKey,
      oneTime: this.server.prekeys.take(device),
      deviceIdentity: device.deviceIdentity,
    });
  }

  // to: a user or a group; message: a Message as JSON, bytes in base64. Returns the id.
  // companions_only leaves phones out: they are not what a benchmark measures.
  send({ to, message, text, id, edit, attrs, form, children: more, companions_only: companionsOnly }) {
    const content = proto.Message.fromObject(message ?? { conversation: text });
    const spec = {
      to,
      id: id ?? `3EB0${crypto.randomBytes(9).toString('hex').toUpperCase()}`,
      edit,
      attrs,
      form,
      content,
      more: more ?? [],
      companionsOnly,
    };
    return this.phone.enqueue(() => this.#send(spec));
  }

  async #send(spec) {
    this.#remember(spec);
    const stanza =
      spec.to.endsWith('@g.us') || spec.to === 'status@broadcast'
        ? await this.#groupStanza(spec)
        : await this.#userStanza(spec);
    this.server.messages.accept(this.phone, stanza);
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
    const copy = encodeMessage(
      proto.Message.fromObject({
        deviceSentMessage: { destinationJid: chat, message: spec.content },
        messageContextInfo: spec.content.messageContextInfo,
      }),
    );
    const targets = [];
    for (const account of new Set([recipient, this.account])) {
      for (const device of account.devices.values()) {
        if (device === this.phone || (spec.companionsOnly && device.isPhone)) continue;
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
    const key = encodeMessage(
      proto.Message.fromObject({
        senderKeyDistributionMessage: {
          groupId: spec.to,
          axolotlSenderKeyDistributionMessage: await this.signal.distribution(spec.to, this.phone),
        },
      }),
    );
    const targets = [];
    for (const account of accounts) {
      for (const device of account.devices.values()) {
        if (device === this.phone || holders.has(device) || (spec.companionsOnly && device.isPhone)) continue;
        targets.push(node('to', { jid: device.jid(form) }, [await this.encryptFor(device, key)]));
        holders.add(device);
      }
    }
    const enc = node(
      'enc',
      { v: '2', type: 'skmsg', ...this.#encAttrs(spec.content) },
      await this.signal.encryptGroup(spec.to, this.phone, encodeMessage(spec.content)),
    );
    const attrs = this.#attrs(spec, spec.to);
    if (group) attrs.addressing_mode = form;
    return node('message', attrs, [
      ...(targets.length ? [node('participants', {}, targets)] : []),
      enc,
      ...spec.more,
    ]);
  }

  // Who has this phone's sender key; it is made anew once somebody who has it is no longer there.
  #holders(to, accounts) {
    const present = new Set(accounts.flatMap((a) => [...a.devices.values()]));
    let holders = this.audience.get(to) ?? new Set();
    if ([...holders].some((device) => !present.has(device))) {
      this.signal.dropSenderKey(to, this.phone);
      holders = new Set();
    }
    this.audience.set(to, holders);
    return holders;
  }

  async resend(receipt) {
    const { id, from, participant, recipient } = receipt.attrs;
    const device = this.server.directory.device(participant ?? from);
    const spec = this.sent.get(id);
    const retry = child(receipt, 'retry');
    this.server.journal.event('phone-asked-again', {
      phone: this.account.pn,
      by: device?.name,
      id,
      known: Boolean(spec),
    });
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
    await this.signal.start(device, {
      identity: bytesOf(keys, 'identity'),
      registrationId: numberOf(receipt, 'registration'),
      signed: {
        id: numberOf(skey, 'id'),
        value: bytesOf(skey, 'value'),
        signature: bytesOf(skey, 'signature'),
      },
      oneTime: oneTime && { id: numberOf(oneTime, 'id'), value: bytesOf(oneTime, 'value') },
      deviceIdentity: bytesOf(keys, 'device-identity'),
    });
  }

  async #sendAgain(spec, device, { attrs: { from, participant } }, count, recipient) {
    let content = spec.content;
    if (!isUser(spec.to)) {
      content = proto.Message.fromObject({
        ...spec.content,
        senderKeyDistributionMessage: {
          groupId: spec.to,
          axolotlSenderKeyDistributionMessage: await this.signal.distribution(spec.to, this.phone),
        },
      });
      this.audience.get(spec.to)?.add(device);
    } else if (device.account === this.account) {
      content = proto.Message.fromObject({
        deviceSentMessage: { destinationJid: recipient ?? spec.to, message: spec.content },
      });
    }
    const enc = await this.encryptFor(device, encodeMessage(content));
    Object.assign(enc.attrs, this.#encAttrs(spec.content), { count: `${count}` });
    const attrs = this.#attrs(spec, isUser(spec.to) ? from : spec.to);
    if (participant && !isUser(spec.to)) attrs.participant = participant;
    if (recipient) attrs.recipient = recipient;
    this.server.messages.accept(this.phone, node('message', attrs, [enc]));
  }

  // One message for one own companion, as keys and history travel.
  async sendPeer(device, content, more = {}) {
    const form = more.form ?? (this.account.migrated ? 'lid' : 'pn');
    const enc = await this.encryptFor(device, encodeMessage(proto.Message.fromObject(content)));
    const id = more.id ?? `3EB0${crypto.randomBytes(9).toString('hex').toUpperCase()}`;
    this.server.journal.event('peer-message', {
      phone: this.account.pn,
      to: device.name,
      id,
      what: Object.keys(content)[0],
    });
    device.deliver(
      node(
        'message',
        {
          id,
          from: this.phone.jid(form),
          t: this.server.time(),
          type: 'text',
          category: 'peer',
          ...more.attrs,
        },
        [enc, node('meta', { appdata: 'default' })],
      ),
    );
    return id;
  }
}
