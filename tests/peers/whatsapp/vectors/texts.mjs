// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Texts as they are sealed: a message with its padding; and what must not be opened.
import { proto } from '@whiskeysockets/baileys';

export const makeText = (text) => Buffer.from(proto.Message.encode({ conversation: text }).finish());

export const pad = (plain, size) => Buffer.concat([plain, Buffer.alloc(size, size)]);

export async function assertRefused(promise, name) {
  try {
    await promise;
  } catch {
    return;
  }
  throw new Error(`‘${name}’ was not refused`);
}
