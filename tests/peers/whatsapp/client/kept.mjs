// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Messages sent and received, by id: for answers to retry receipts, quotes, forwards, downloads and votes. With a folder they
// survive a restart, as protobufs in one file of lines.
import { proto } from '@whiskeysockets/baileys';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MAX = 20000;

export class Kept {
  #messages = new Map();
  #path;

  constructor(folder) {
    this.#path = folder && join(folder, 'kept-messages');
    if (!this.#path || !existsSync(this.#path)) return;
    for (const line of readFileSync(this.#path, 'utf8').split('\n').filter(Boolean)) {
      this.#put(proto.WebMessageInfo.decode(Buffer.from(line, 'base64')));
    }
  }

  #put(message) {
    this.#messages.delete(message.key.id);
    this.#messages.set(message.key.id, message);
    if (this.#messages.size > MAX) this.#messages.delete(this.#messages.keys().next().value);
  }

  add(message) {
    if (!message.message || !message.key?.id) return;
    this.#put(message);
    if (!this.#path) return;
    const { key, message: content, messageTimestamp, participant } = message;
    const wire = proto.WebMessageInfo.encode({
      key,
      message: content,
      messageTimestamp,
      participant,
    }).finish();
    appendFileSync(this.#path, `${Buffer.from(wire).toString('base64')}\n`);
  }

  find(id) {
    return this.#messages.get(id);
  }

  // A message given by its id, or whole as an event had it.
  get(idOrMessage) {
    if (typeof idOrMessage !== 'string') return idOrMessage;
    const message = this.find(idOrMessage);
    if (!message) throw new Error(`no message ${idOrMessage} was sent or received here`);
    return message;
  }
}
