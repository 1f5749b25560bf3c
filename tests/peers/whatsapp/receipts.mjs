// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Receipts: they settle what the device had pending, and travel to whom they concern, keeping the form of address.

import { child, children, formOf, isUser, node } from './wire.mjs';

const TO_AUTHOR = new Set(['', 'inactive', 'read', 'played']);
const SELF = {
  read: 'read-self',
  played: 'played-self',
  'read-self': 'read-self',
  'played-self': 'played-self',
};

function idsOf(stanza) {
  return [
    stanza.attrs.id,
    ...children(child(stanza, 'list'), 'item').map((item) => item.attrs.id ?? item.attrs.server_id),
  ];
}

export class Receipts {
  constructor(server) {
    this.server = server;
  }

  handle(connection, stanza) {
    const device = connection.device;
    if (!device || connection.step('receipt')) return;
    this.accept(device, stanza);
    const { id, to, type, participant } = stanza.attrs;
    const attrs = { class: 'receipt', id, from: to, t: this.server.time() };
    if (type) attrs.type = type;
    if (participant) attrs.participant = participant;
    if (!this.server.faults.withholdsAck(device)) device.transmit(node('ack', attrs));
  }

  // From a companion's connection or from a phone in this process.
  accept(device, stanza) {
    const type = stanza.attrs.type ?? '';
    const ids = idsOf(stanza);
    this.server.journal.receipt({
      from: device.name,
      to: stanza.attrs.to,
      participant: stanza.attrs.participant,
      recipient: stanza.attrs.recipient,
      type: type || 'delivered',
      ids,
    });
    if (type !== 'retry') for (const id of ids) this.#settle(device, id, stanza);
    if (type === 'retry') this.#retry(device, stanza);
    else if (type === 'server-error') this.#mediaRetry(device, stanza);
    else if (type === 'hist_sync' || type === 'peer_msg') this.#toPhone(device, stanza, type);
    else if (type === 'sender') this.#toSender(device, stanza);
    else if (TO_AUTHOR.has(type)) this.#toAuthor(device, stanza, type);
    if (SELF[type]) this.#toOwnDevices(device, stanza, SELF[type]);
  }

  #settle(device, id, { attrs: { to, participant } }) {
    device.queue.settle(
      id,
      (n) =>
        n.tag === 'message' &&
        (n.attrs.from === to || !isUser(to) || this.#sameUser(n.attrs.from, to)) &&
        (!participant || !n.attrs.participant || n.attrs.participant === participant),
    );
  }

  #sameUser(a, b) {
    return isUser(a) && isUser(b) && this.server.directory.account(a) === this.server.directory.account(b);
  }

  #content(stanza) {
    return stanza.content === undefined || !Array.isArray(stanza.content) ? undefined : stanza.content;
  }

  #addressed(device, stanza, form) {
    const { to, id } = stanza.attrs;
    const attrs = { id, t: this.server.time() };
    if (isUser(to)) attrs.from = device.jid(form);
    else Object.assign(attrs, { from: to, participant: device.jid(form) });
    return attrs;
  }

  #formOf(stanza) {
    const { to, participant } = stanza.attrs;
    return formOf(isUser(to) ? to : (participant ?? to));
  }

  #toAuthor(device, stanza, type) {
    const { to, participant } = stanza.attrs;
    const author = this.server.directory.account(isUser(to) ? to : participant);
    if (!author || author === device.account) return;
    if (type === 'read' && device.account.privacy.readreceipts === 'none') return;
    const attrs = this.#addressed(device, stanza, this.#formOf(stanza));
    if (type) attrs.type = type;
    for (const target of author.devices.values())
      target.deliver(node('receipt', { ...attrs }, this.#content(stanza)));
  }

  // Own other devices hear that this one has read.
  #toOwnDevices(device, stanza, type) {
    const { to, participant, id } = stanza.attrs;
    const form = this.#formOf(stanza);
    for (const target of device.account.devices.values()) {
      if (target === device) continue;
      const attrs = { id, t: this.server.time(), type, from: device.jid(form), recipient: to };
      if (participant) attrs.participant = participant;
      target.deliver(node('receipt', attrs, this.#content(stanza)));
    }
  }

  #toSender(device, stanza) {
    const { to, participant, recipient } = stanza.attrs;
    const target = this.server.directory.device(isUser(to) ? to : participant);
    if (!target || target === device) return;
    const attrs = { ...this.#addressed(device, stanza, this.#formOf(stanza)), type: 'sender' };
    if (recipient) attrs.recipient = recipient;
    target.deliver(node('receipt', attrs, this.#content(stanza)));
  }

  #toPhone(device, stanza, type) {
    const attrs = {
      id: stanza.attrs.id,
      type,
      from: device.jid(this.#formOf(stanza)),
      t: this.server.time(),
    };
    device.account.phone?.deliver(node('receipt', attrs));
  }

  // Somebody could not decrypt: only the device that encrypted it is asked.
  #retry(device, stanza) {
    const { to, participant, recipient, category, id } = stanza.attrs;
    const target = this.server.directory.device(isUser(to) ? to : participant);
    const retry = child(stanza, 'retry');
    this.server.journal.failure({
      by: device.name,
      sender: target?.name,
      id,
      count: Number(retry?.attrs.count ?? 0),
      error: retry?.attrs.error,
      keys: Boolean(child(stanza, 'keys')),
    });
    if (!target) return;
    const attrs = { ...this.#addressed(device, stanza, this.#formOf(stanza)), type: 'retry' };
    if (recipient) attrs.recipient = recipient;
    if (category) attrs.category = category;
    target.deliver(node('receipt', attrs, this.#content(stanza)));
  }

  // A phone is asked to upload again; its answer is a notification.
  async #mediaRetry(device, stanza) {
    const answer = await device.account.phone?.reupload(stanza);
    const { jid, from_me: fromMe, participant } = child(stanza, 'rmr')?.attrs ?? {};
    const rmr = { jid, from_me: fromMe };
    if (participant) rmr.participant = participant;
    device.deliver(
      node(
        'notification',
        {
          type: 'mediaretry',
          id: stanza.attrs.id,
          from: device.account.jid(this.#formOf(stanza)),
          t: this.server.time(),
        },
        [node('rmr', rmr), answer ?? node('error', { code: '2' })],
      ),
    );
  }
}
