// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A history of any size, made up: so many chats with so many messages each, in the bytes of a HistorySync. It is put together
// chat by chat, so that a hundred thousand messages do not stand in memory as objects.

import { proto } from './wire.mjs';

const FIRST_LID = 200000000000000;
const FIRST_PHONE = 16000000000;
const FIRST_TIME_S = 1760000000;
const CONVERSATIONS_TAG = 0x12; // field 2, bytes

function size(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

function makeConversation(chat, messages, text) {
  const id = `${FIRST_LID + chat}@lid`;
  const rows = Array.from({ length: messages }, (_, number) => ({
    message: {
      key: { remoteJid: id, id: `3EB0H${chat}M${number}`.toUpperCase(), fromMe: number % 2 === 0 },
      message: { conversation: text.replace('#', `${chat}/${number}`) },
      messageTimestamp: FIRST_TIME_S + chat * messages + number,
    },
    msgOrderId: number,
  }));
  const conversation = {
    id,
    name: `Chat ${chat}`,
    messages: rows,
    pnJid: `${FIRST_PHONE + chat}@s.whatsapp.net`,
  };
  return Buffer.from(proto.Conversation.encode(proto.Conversation.fromObject(conversation)).finish());
}

// head: what stands before the conversations (syncType, chunkOrder, progress, names).
export function makeHistory(head, { chats, messages, text = 'old message #' }) {
  const parts = [Buffer.from(proto.HistorySync.encode(proto.HistorySync.fromObject(head)).finish())];
  for (let chat = 0; chat < chats; chat += 1) {
    const bytes = makeConversation(chat, messages, text);
    parts.push(Buffer.from([CONVERSATIONS_TAG]), size(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}
