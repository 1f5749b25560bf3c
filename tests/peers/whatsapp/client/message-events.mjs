// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A message as the test sees it: its key, its content as fields and as the protobuf's bytes, and votes with their options.
import { decryptPollVote, isJidGroup, jidNormalizedUser, proto } from '@whiskeysockets/baileys';
import { createHash } from 'node:crypto';

const { StubType } = proto.WebMessageInfo;

export const isUndecryptable = (message) => message.messageStubType === StubType.CIPHERTEXT;

// The only field that is set says of what kind a message is; context and sender keys ride along.
export function kindOf(content) {
  const names = Object.keys(content ?? {}).filter(
    (name) => content[name] !== null && content[name] !== undefined,
  );
  return (
    names.find((name) => name !== 'messageContextInfo' && name !== 'senderKeyDistributionMessage') ??
    names[0] ??
    null
  );
}

// A sender key arrives merged into the message that it came with, and is none of its content.
function encode({ senderKeyDistributionMessage, ...content }) {
  return proto.Message.encode(content).finish();
}

export function describeMessage(message) {
  const {
    key,
    message: content,
    messageTimestamp,
    pushName,
    participant,
    status,
    messageStubType,
    messageStubParameters,
  } = message;
  return {
    key,
    kind: kindOf(content),
    message: content
      ? proto.Message.toObject(proto.Message.fromObject(content), { enums: String, longs: Number })
      : null,
    encoded: content ? encode(content) : null,
    timestamp: messageTimestamp,
    push_name: pushName,
    participant,
    status,
    ...(messageStubType ? { stub: StubType[messageStubType], stub_parameters: messageStubParameters } : {}),
  };
}

const optionsOf = (content) =>
  (content.pollCreationMessage ?? content.pollCreationMessageV2 ?? content.pollCreationMessageV3)?.options ??
  [];

export const hashOption = (name) => createHash('sha256').update(name).digest();

// Both spellings of each side: which one a vote was made with depends on the sender.
function spellings(key, me) {
  const own = [me.id, me.lid].filter(Boolean).map((jid) => jidNormalizedUser(jid));
  if (key.fromMe) return own;
  return [key.participant, key.participantAlt, key.remoteJid, key.remoteJidAlt]
    .filter((jid) => jid && !isJidGroup(jid))
    .map((jid) => jidNormalizedUser(jid));
}

function open(vote, poll, creator, voter) {
  try {
    return decryptPollVote(vote, {
      pollCreatorJid: creator,
      pollMsgId: poll.key.id,
      pollEncKey: poll.message.messageContextInfo.messageSecret,
      voterJid: voter,
    });
  } catch {
    return null;
  }
}

export function readVote(message, kept, me) {
  const update = message.message?.pollUpdateMessage;
  const poll = update && kept.find(update.pollCreationMessageKey.id);
  if (!poll?.message?.messageContextInfo?.messageSecret) return null;
  for (const creator of spellings(poll.key, me)) {
    for (const voter of spellings(message.key, me)) {
      const opened = open(update.vote, poll, creator, voter);
      if (!opened) continue;
      const chosen = opened.selectedOptions.map((hash) => Buffer.from(hash).toString('hex'));
      const names = optionsOf(poll.message).map(({ optionName }) => optionName);
      return {
        key: message.key,
        poll: poll.key.id,
        creator,
        voter,
        options: chosen.map(
          (hash) => names.find((name) => hashOption(name).toString('hex') === hash) ?? hash,
        ),
      };
    }
  }
  return { key: message.key, poll: poll.key.id, options: null };
}
