// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// What refers to earlier messages by their secret: votes, answers to events, the keys of other uses, reporting tokens.
import { aesEncryptGCM, decryptEventResponse, decryptPollVote, hkdf, proto } from '@whiskeysockets/baileys';
import { getMessageReportingToken } from '@whiskeysockets/baileys/lib/Utils/reporting-utils.js';
import { createHash } from 'node:crypto';
import { begin, bytes } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { hex } from './keys.mjs';
import { encodeFields, toPlain } from './plain.mjs';

const ID = '3EB0C767D9EF4A1B2C3D4E';
const ANA = '15551234567@s.whatsapp.net';
const LID = '123456789012345@lid';
const VOTER = '491701234567@s.whatsapp.net';
const USES = ['Enc Reaction', 'Enc Comment', 'Message Edit', 'Event Edit', 'Poll Edit', 'Poll Add Option'];

const deriveKey = (secret, author, sender, use) =>
  Buffer.from(hkdf(secret, 32, { info: `${ID}${author}${sender}${use}` }));

function seal(secret, author, sender, use, plain) {
  const key = deriveKey(secret, author, sender, use);
  const aad = Buffer.from(`${ID}\0${sender}`);
  const iv = bytes(12);
  return { key, aad, iv, sealed: aesEncryptGCM(plain, key, iv, aad) };
}

const hashOption = (name) => createHash('sha256').update(name).digest();

function makeVote(secret, [creator, voter, options]) {
  const hashes = options.map(hashOption);
  const plain = Buffer.from(proto.Message.PollVoteMessage.encode({ selectedOptions: hashes }).finish());
  const { key, aad, iv, sealed } = seal(secret, creator, voter, 'Poll Vote', plain);
  const opened = decryptPollVote(
    { encPayload: sealed, encIv: iv },
    { pollCreatorJid: creator, pollMsgId: ID, pollEncKey: secret, voterJid: voter },
  );
  if (opened.selectedOptions.map(hex).join() !== hashes.map(hex).join())
    throw new Error('a vote does not come back');
  return {
    message_secret: hex(secret),
    poll_message_id: ID,
    poll_creator: creator,
    voter,
    options,
    selected_hashes: hashes.map(hex),
    key: hex(key),
    aad: hex(aad),
    enc_iv: hex(iv),
    plaintext: hex(plain),
    enc_payload: hex(sealed),
  };
}

function makeResponse(secret) {
  const plain = encodeFields(proto.Message.EventResponseMessage, {
    response: 'GOING',
    timestampMs: 1760000000000,
    extraGuestCount: 2,
  });
  const { key, aad, iv, sealed } = seal(secret, ANA, VOTER, 'Event Response', plain);
  const opened = decryptEventResponse(
    { encPayload: sealed, encIv: iv },
    { eventCreatorJid: ANA, eventMsgId: ID, eventEncKey: secret, responderJid: VOTER },
  );
  if (opened.extraGuestCount !== 2) throw new Error('a response does not come back');
  return {
    message_secret: hex(secret),
    event_message_id: ID,
    event_creator: ANA,
    responder: VOTER,
    key: hex(key),
    aad: hex(aad),
    enc_iv: hex(iv),
    plaintext: hex(plain),
    enc_payload: hex(sealed),
  };
}

const makeUse = (secret) => (use) => ({
  use_case: use,
  message_secret: hex(secret),
  orig_message_id: ID,
  orig_sender: ANA,
  modification_sender: VOTER,
  info: hex(Buffer.from(`${ID}${ANA}${VOTER}${use}`)),
  key: hex(deriveKey(secret, ANA, VOTER, use)),
});

async function makeToken(secret, [name, fields, key]) {
  const wire = encodeFields(proto.Message, { ...fields, messageContextInfo: { messageSecret: secret } });
  const node = await getMessageReportingToken(wire, proto.Message.decode(wire), key);
  return {
    name,
    message_proto: hex(wire),
    sender_used: key.fromMe ? key.remoteJid : key.participant || key.remoteJid,
    remote_used: key.fromMe ? key.participant || key.remoteJid : key.remoteJid,
    key,
    message_secret: hex(secret),
    token_node: toPlain(node),
  };
}

const SENT = { id: ID, remoteJid: LID, fromMe: true };
const tokenRows = () => [
  ['conversation, sent', { conversation: 'hello' }, SENT],
  [
    'extended text with forwarding, sent',
    {
      extendedTextMessage: {
        text: 'hello https://example.org',
        matchedText: 'https://example.org',
        contextInfo: { forwardingScore: 1, isForwarded: true },
      },
    },
    SENT,
  ],
  [
    'image, received in a group',
    {
      imageMessage: {
        url: 'https://mmg.example/x',
        mimetype: 'image/jpeg',
        caption: 'cap',
        fileSha256: bytes(32),
        fileLength: 999,
        mediaKey: bytes(32),
        fileEncSha256: bytes(32),
        directPath: '/v/x',
      },
    },
    { id: ID, remoteJid: '120363012345678901@g.us', participant: LID, fromMe: false },
  ],
];

export async function makeMsgSecret(folder) {
  begin('msg-secret');
  const secret = bytes(32);
  const tokens = [];
  for (const row of tokenRows()) tokens.push(await makeToken(secret, row));
  write(folder, 'crypto/msg-secret.json', {
    purpose: 'Votes, responses to events, keys of other uses of a message’s secret, reporting tokens',
    produced_by: PRODUCED_BY,
    checked: 'votes and responses were opened again by the package',
    poll_vote: [
      [ANA, VOTER, ['Yes']],
      [ANA, LID, ['Yes', 'No', 'Maybe 🤷']],
      [ANA, LID, []],
    ].map((row) => makeVote(secret, row)),
    event_response: [makeResponse(secret)],
    enc_generic: USES.map(makeUse(secret)),
    reporting_token: tokens,
  });
}
