// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Sends: every kind of message the package can make, and those that it can only carry (live location, votes, keeps).
// Common parameters: to; quoted (a message or its id), mentions, ephemeral_s, view_once, forwarding_score, id, members (of a
// status), wait ("ack": until the server acknowledged it). Files: {"base64"} or {"path"}.
import {
  aesEncryptGCM,
  generateMessageIDV2,
  generateWAMessageFromContent,
  hkdf,
  jidNormalizedUser,
  proto,
} from '@whiskeysockets/baileys';
import { randomBytes } from 'node:crypto';
import { hashOption } from './message-events.mjs';

const asMedia = (file) => (file instanceof Uint8Array ? Buffer.from(file) : { url: file.path });

// The fields of a message that a file has; what is left out is not computed either, so that tests know every byte.
const fileFields = ({
  caption,
  mimetype,
  thumbnail,
  width,
  height,
  seconds,
  name,
  title,
  page_count: pageCount,
}) =>
  Object.fromEntries(
    Object.entries({
      caption,
      mimetype,
      width,
      height,
      seconds,
      fileName: name,
      title,
      pageCount,
      jpegThumbnail: thumbnail ?? null,
    }).filter(([, value]) => value !== undefined),
  );

const makeVcard = ({ name, phone, vcard }) => ({
  displayName: name,
  vcard:
    vcard ??
    `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nTEL;type=CELL;waid=${phone.replace(/\D/g, '')}:${phone}\nEND:VCARD`,
});

const makePreview = (preview) =>
  preview && {
    'canonical-url': preview.canonical_url ?? preview.url,
    'matched-text': preview.url,
    title: preview.title,
    description: preview.description,
    jpegThumbnail: preview.thumbnail,
  };

const CONTENTS = {
  sendText: ({ text, preview }) => ({ text, linkPreview: makePreview(preview) ?? null }),
  sendImage: ({ file, ...more }) => ({ image: asMedia(file), ...fileFields(more) }),
  sendVideo: ({ file, ...more }) => ({ video: asMedia(file), ...fileFields(more) }),
  sendGif: ({ file, ...more }) => ({ video: asMedia(file), gifPlayback: true, ...fileFields(more) }),
  sendVideoNote: ({ file, ...more }) => ({ video: asMedia(file), ptv: true, ...fileFields(more) }),
  sendAudio: ({ file, seconds = 0, ...more }) => ({
    audio: asMedia(file),
    ...fileFields({ ...more, seconds }),
  }),
  sendVoice: ({
    file,
    seconds = 0,
    waveform = Buffer.alloc(64),
    mimetype = 'audio/ogg; codecs=opus',
    ...more
  }) => ({ audio: asMedia(file), ptt: true, waveform, ...fileFields({ ...more, seconds, mimetype }) }),
  sendDocument: ({ file, ...more }) => ({ document: asMedia(file), ...fileFields(more) }),
  sendSticker: ({ file, is_animated: isAnimated, ...more }) => ({
    sticker: asMedia(file),
    isAnimated,
    ...fileFields(more),
  }),
  sendLocation: ({ latitude, longitude, name, address }) => ({
    location: { degreesLatitude: latitude, degreesLongitude: longitude, name, address },
  }),
  sendContacts: ({ contacts, display_name: displayName }) => ({
    contacts: { displayName, contacts: contacts.map(makeVcard) },
  }),
  sendReaction: ({ message, emoji }, kept) => ({ react: { key: kept.get(message).key, text: emoji } }),
  sendPoll: ({ name, options, selectable = 0, secret }) => ({
    poll: { name, values: options, selectableCount: selectable, messageSecret: secret },
  }),
  sendEvent: ({ name, description, start, end, place, secret }) => ({
    event: {
      name,
      description,
      startDate: new Date(start * 1000),
      endDate: end && new Date(end * 1000),
      location: place,
      messageSecret: secret,
    },
  }),
  sendGroupInvite: ({ group, code, expires, subject, text }) => ({
    groupInvite: { jid: group, inviteCode: code, inviteExpiration: expires, subject, text },
  }),
  edit: ({ message, text }, kept) => ({ text, linkPreview: null, edit: kept.get(message).key }),
  revoke: ({ message }, kept) => ({ delete: kept.get(message).key }),
  forward: ({ message, force = true }, kept) => ({ forward: kept.get(message), force }),
  pin: ({ message, is_pinned: isPinned = true, seconds }, kept) => ({
    pin: kept.get(message).key,
    type: isPinned ? 1 : 2,
    time: seconds,
  }),
  setTimer: ({ seconds }) => ({ disappearingMessagesInChat: seconds }),
};

const readContext = ({ mentions, forwarding_score: score }) => ({
  ...(mentions ? { mentions } : {}),
  ...(score ? { contextInfo: { isForwarded: true, forwardingScore: score } } : {}),
});

export function makeSends(connection, kept) {
  const tellResult = async (id, begun, acked) => ({
    ...(acked ? { ack: await acked, milliseconds: performance.now() - begun } : {}),
    id,
  });

  async function send(
    content,
    { to, quoted, view_once: viewOnce, ephemeral_s: ephemeral, id, members, wait, ...more },
  ) {
    const { sock } = connection;
    const messageId = id ?? generateMessageIDV2(sock.user?.id);
    const acked = wait === 'ack' ? connection.whenAcked(messageId) : null;
    const begun = performance.now();
    const sent = await sock.sendMessage(
      to,
      { ...content, ...readContext(more), ...(viewOnce ? { viewOnce } : {}) },
      {
        quoted: quoted && kept.get(quoted),
        ephemeralExpiration: ephemeral,
        messageId,
        getProfilePicUrl: undefined, // an invitation would carry the group's picture
        statusJidList: members,
        ...(more.background ? { backgroundColor: more.background } : {}),
        ...(more.font ? { font: more.font } : {}),
      },
    );
    if (sent?.message) kept.add(sent);
    return {
      key: sent?.key,
      message: sent?.message,
      encoded: sent?.message && proto.Message.encode(sent.message).finish(),
      ...(await tellResult(messageId, begun, acked)),
    };
  }

  // A protobuf by its fields, as the package itself would relay it.
  async function relay(fields, { to, quoted, id, members, wait, attributes, nodes, ephemeral_s: ephemeral }) {
    const { sock } = connection;
    const userJid = sock.user.id;
    const message = generateWAMessageFromContent(to, proto.Message.fromObject(fields), {
      userJid,
      quoted: quoted && kept.get(quoted),
      messageId: id,
      ephemeralExpiration: ephemeral,
    });
    const acked = wait === 'ack' ? connection.whenAcked(message.key.id) : null;
    const begun = performance.now();
    kept.add(message);
    await sock.relayMessage(to, message.message, {
      messageId: message.key.id,
      statusJidList: members,
      additionalAttributes: attributes,
      additionalNodes: nodes,
    });
    return {
      key: message.key,
      message: message.message,
      encoded: proto.Message.encode(message.message).finish(),
      ...(await tellResult(message.key.id, begun, acked)),
    };
  }

  function sendVote({ poll, options, voter, creator, ...more }) {
    const { me } = connection.sock.authState.creds;
    const message = kept.get(poll);
    const author =
      creator ??
      jidNormalizedUser(message.key.fromMe ? me.id : message.key.participant || message.key.remoteJid);
    const own = voter ?? jidNormalizedUser(author.endsWith('@lid') && me.lid ? me.lid : me.id);
    const { id } = message.key;
    const secret = Buffer.from(message.message.messageContextInfo.messageSecret);
    const key = hkdf(secret, 32, { info: `${id}${author}${own}Poll Vote` });
    const plain = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(hashOption) }).finish();
    const encIv = randomBytes(12);
    const encPayload = aesEncryptGCM(plain, key, encIv, Buffer.from(`${id}\0${own}`));
    return relay(
      {
        pollUpdateMessage: {
          pollCreationMessageKey: message.key,
          vote: { encPayload, encIv },
          senderTimestampMs: Date.now(),
        },
      },
      { nodes: [{ tag: 'meta', attrs: { polltype: 'vote' } }], ...more },
    );
  }

  const sendLiveLocation = ({ latitude, longitude, caption, accuracy, sequence = 1, ...more }) =>
    relay(
      {
        liveLocationMessage: {
          degreesLatitude: latitude,
          degreesLongitude: longitude,
          caption,
          accuracyInMeters: accuracy,
          sequenceNumber: sequence,
        },
      },
      more,
    );

  const keep = ({ message, is_kept: isKept = true, ...more }) =>
    relay(
      {
        keepInChatMessage: { key: kept.get(message).key, keepType: isKept ? 1 : 2, timestampMs: Date.now() },
      },
      more,
    );

  const made = Object.entries(CONTENTS).map(([name, make]) => [
    name,
    (parameters) => send(make(parameters, kept), parameters),
  ]);
  return {
    ...Object.fromEntries(made),
    sendLiveLocation,
    sendVote,
    keep,
    sendFields: ({ fields, ...more }) => relay(fields, more),
    sendContent: ({ content, ...more }) => send(content, more),
  };
}
