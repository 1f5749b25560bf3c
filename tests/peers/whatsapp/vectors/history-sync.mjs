// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// History: what a phone sends after pairing, inside its message and as a file on the media host.
import { downloadAndProcessHistorySyncNotification, proto } from '@whiskeysockets/baileys';
import { inflateSync } from 'node:zlib';
import { begin, bytes } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { hex } from './keys.mjs';
import { decodeFields, encodeFields } from './plain.mjs';
import { seal } from './sealed-file.mjs';
import { deflate } from './zlib.mjs';

const ANA = { pnJid: '15551234567@s.whatsapp.net', lidJid: '123456789012345@lid' };
const JURGEN = { pnJid: '491701234567@s.whatsapp.net', lidJid: '100000000000000@lid' };
const GROUP = '120363012345678901@g.us';

const message = (key, more) => ({ message: { key, messageTimestamp: 1760000000, status: 'READ', ...more } });

const chatWithAna = () => ({
  id: ANA.pnJid,
  messages: [
    {
      ...message(
        { remoteJid: ANA.pnJid, fromMe: false, id: '3EB0C767D9EF4A1B2C3D4E' },
        { message: { conversation: 'hola' }, pushName: 'Ana' },
      ),
      msgOrderId: 5,
    },
    {
      ...message(
        { remoteJid: ANA.pnJid, fromMe: true, id: '3EB0C767D9EF4A1B2C3D4F' },
        {
          message: { extendedTextMessage: { text: 'hi' } },
          messageTimestamp: 1759999000,
          messageSecret: bytes(32),
        },
      ),
      msgOrderId: 4,
    },
  ],
  unreadCount: 2,
  ephemeralExpiration: 86400,
  conversationTimestamp: 1760000000,
  name: 'Ana',
  tcToken: bytes(16),
  tcTokenTimestamp: 1759990000,
  tcTokenSenderTimestamp: 1759980000,
  lidJid: ANA.lidJid,
});

const group = () => ({
  id: GROUP,
  messages: [
    {
      message: {
        key: { remoteJid: GROUP, fromMe: false, id: 'AC12', participant: ANA.lidJid },
        messageTimestamp: 1750000000,
        participant: ANA.lidJid,
        messageStubType: 'GROUP_PARTICIPANT_ADD',
        messageStubParameters: [ANA.lidJid],
      },
      msgOrderId: 1,
    },
  ],
  readOnly: false,
  name: 'Group',
  archived: true,
  participant: [{ userJid: ANA.lidJid, rank: 'ADMIN' }],
  pinned: 1759990000,
  muteEndTime: 1760099999,
});

// A chat under its LID whose phone number stands only in the receipt of a message.
const chatByReceipt = () => ({
  id: JURGEN.lidJid,
  messages: [
    {
      ...message(
        { remoteJid: JURGEN.lidJid, fromMe: true, id: '3EB00000000000000000AA' },
        {
          message: { conversation: 'moin' },
          userReceipt: [{ userJid: JURGEN.pnJid, receiptTimestamp: 1760000001 }],
        },
      ),
      msgOrderId: 9,
    },
  ],
});

const many = () => ({
  id: ANA.pnJid,
  messages: Array.from({ length: 60 }, (_, i) => ({
    ...message(
      {
        remoteJid: ANA.pnJid,
        fromMe: i % 2 === 1,
        id: `3EB0${i.toString(16).toUpperCase().padStart(18, '0')}`,
      },
      { message: { conversation: `message ${i}` }, messageTimestamp: 1750000000 + i },
    ),
    msgOrderId: i,
  })),
});

const PAYLOADS = [
  [
    'recent chunk',
    () => ({
      syncType: 'RECENT',
      conversations: [chatWithAna(), group()],
      chunkOrder: 1,
      progress: 50,
      phoneNumberToLidMappings: [ANA, JURGEN],
    }),
  ],
  [
    'initial bootstrap',
    () => ({
      syncType: 'INITIAL_BOOTSTRAP',
      conversations: [chatWithAna(), group()],
      chunkOrder: 0,
      progress: 100,
      phoneNumberToLidMappings: [ANA, JURGEN],
    }),
  ],
  [
    'push names',
    () => ({
      syncType: 'PUSH_NAME',
      pushnames: [
        { id: ANA.pnJid, pushname: 'Ana María' },
        { id: JURGEN.pnJid, pushname: 'Jürgen' },
      ],
    }),
  ],
  [
    'full, a chat of 60 messages',
    () => ({ syncType: 'FULL', conversations: [many()], chunkOrder: 7, progress: 99 }),
  ],
  [
    'status updates',
    () => ({
      syncType: 'INITIAL_STATUS_V3',
      statusV3Messages: [
        message(
          { remoteJid: 'status@broadcast', fromMe: false, id: '3EB0AA', participant: ANA.pnJid },
          {
            message: { extendedTextMessage: { text: 'at the sea', backgroundArgb: 4278190335 } },
            participant: ANA.pnJid,
          },
        ).message,
      ],
    }),
  ],
  [
    'other data',
    () => ({
      syncType: 'NON_BLOCKING_DATA',
      pastParticipants: [
        {
          groupJid: GROUP,
          pastParticipants: [{ userJid: JURGEN.lidJid, leaveReason: 'LEFT', leaveTs: 1750000000 }],
        },
      ],
      nctSalt: bytes(32),
      phoneNumberToLidMappings: [],
    }),
  ],
  [
    'on demand, a chat under its LID',
    () => ({ syncType: 'ON_DEMAND', conversations: [chatByReceipt()], chunkOrder: 0, progress: 100 }),
  ],
  ['nothing', () => ({ syncType: 'RECENT', conversations: [], chunkOrder: 2, progress: 100 })],
];

const makePayload = async ([name, fields]) => {
  const wire = encodeFields(proto.HistorySync, fields());
  const zlib = deflate(wire);
  const { lidPnMappings } = await downloadAndProcessHistorySyncNotification(
    { initialHistBootstrapInlinePayload: zlib },
    {},
  );
  if (!inflateSync(zlib).equals(wire)) throw new Error(`the history ‘${name}’ does not come back`);
  return {
    name,
    inline_payload_zlib: hex(zlib),
    history_sync_proto: hex(wire),
    fields: decodeFields(proto.HistorySync, wire),
    lid_pn_mappings: lidPnMappings,
  };
};

const makeExternal = async (vectors, index) => {
  const vector = vectors[index];
  const file = await seal(Buffer.from(vector.inline_payload_zlib, 'hex'), 'md-msg-hist');
  const notification = {
    fileSha256: file.fileSha256,
    fileLength: file.fileLength,
    mediaKey: file.mediaKey,
    fileEncSha256: file.fileEncSha256,
    directPath: '/v/t62.0000-24/hist.enc',
    syncType: vector.fields.syncType,
    chunkOrder: vector.fields.chunkOrder,
    progress: vector.fields.progress,
  };
  const wire = encodeFields(proto.Message, {
    protocolMessage: { type: 'HISTORY_SYNC_NOTIFICATION', historySyncNotification: notification },
  });
  return {
    notification_message: hex(wire),
    fields: decodeFields(proto.Message, wire),
    media_key: hex(file.mediaKey),
    encrypted_blob: hex(file.encrypted),
    file_sha256: hex(file.fileSha256),
    file_enc_sha256: hex(file.fileEncSha256),
    decrypts_to: `vectors[${index}].inline_payload_zlib`,
  };
};

const makeInlineMessage = (vector) => {
  const wire = encodeFields(proto.Message, {
    protocolMessage: {
      type: 'HISTORY_SYNC_NOTIFICATION',
      historySyncNotification: {
        syncType: vector.fields.syncType,
        initialHistBootstrapInlinePayload: { hex: vector.inline_payload_zlib },
      },
    },
  });
  return {
    notification_message: hex(wire),
    fields: decodeFields(proto.Message, wire),
    holds: 'vectors[1].inline_payload_zlib',
  };
};

// Streams that no client may swallow whole.
const makeRefused = (vector) => {
  const zlib = Buffer.from(vector.inline_payload_zlib, 'hex');
  const cut = zlib.subarray(0, -6);
  const torn = deflate(Buffer.from(vector.history_sync_proto, 'hex').subarray(0, -3));
  const changed = Buffer.from(zlib);
  changed[changed.length - 1] ^= 1;
  return [
    { name: 'the stream ends too early', inline_payload_zlib: hex(cut) },
    { name: 'the sum of the stream is wrong', inline_payload_zlib: hex(changed) },
    { name: 'no zlib stream', inline_payload_zlib: vector.history_sync_proto },
    { name: 'the protobuf ends inside a field', inline_payload_zlib: hex(torn) },
  ];
};

const assertRefused = async ({ name, inline_payload_zlib: text }) => {
  try {
    await downloadAndProcessHistorySyncNotification(
      { initialHistBootstrapInlinePayload: Buffer.from(text, 'hex') },
      {},
    );
  } catch {
    return;
  }
  throw new Error(`the history ‘${name}’ was not refused`);
};

export const makeHistorySync = async (folder) => {
  begin('history-sync');
  const vectors = [];
  for (const payload of PAYLOADS) vectors.push(await makePayload(payload));
  const refused = makeRefused(vectors[0]);
  for (const row of refused) await assertRefused(row);
  write(folder, 'history-sync.json', {
    purpose: 'History of a phone: payloads, the messages that announce them, and one as a file',
    produced_by: PRODUCED_BY,
    schema: {
      vectors:
        'inline_payload_zlib: a zlib stream of history_sync_proto; fields: what it says; lid_pn_mappings: every pair that the package learns from it, in its order, also twice',
      external:
        'the message that names a file on the media host, and the file (key of the kind ‘WhatsApp History Keys’)',
      refused: 'payloads that must end in an error',
    },
    checked:
      'each payload was inflated and read by the package, the file was opened again, the refused were refused',
    vectors,
    inline: makeInlineMessage(vectors[1]),
    external: await makeExternal(vectors, 2),
    external_large: await makeExternal(vectors, 3),
    refused,
  });
};
