// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Messages: one row for each kind, its fields by their names in the package.
import { bytes } from './chance.mjs';
import { unhex as hexed } from './keys.mjs';

const ANA = '15551234567@s.whatsapp.net';

const key = (fromMe) => ({ remoteJid: ANA, fromMe, id: '3EB0C767D9EF4A1B2C3D4E' });
const groupKey = {
  remoteJid: '120363012345678901@g.us',
  fromMe: false,
  id: '3EB0C767D9EF4A1B2C3D4F',
  participant: '123456789012345@lid',
};

const file = () => ({
  url: 'https://mmg.whatsapp.net/v/t62.7118-24/x.enc?mms3=true',
  directPath: '/v/t62.7118-24/x.enc?ccb=11-4',
  fileSha256: bytes(32),
  fileEncSha256: bytes(32),
  fileLength: 12345,
  mediaKey: bytes(32),
  mediaKeyTimestamp: 1760000000,
});

export const makeRows = () => [
  ['plain text', 'Message', { conversation: 'hello' }],
  ['plain text, emoji and newline', 'Message', { conversation: 'línea 1\nlínea 2 👩‍👩‍👧' }],
  [
    'text with message secret',
    'Message',
    { conversation: 'hello', messageContextInfo: { messageSecret: bytes(32) } },
  ],
  [
    'extended text, mention',
    'Message',
    {
      extendedTextMessage: {
        text: 'hi @123456789012345',
        contextInfo: { mentionedJid: ['123456789012345@lid'] },
      },
    },
  ],
  [
    'extended text, quoted reply',
    'Message',
    {
      extendedTextMessage: {
        text: 'reply',
        contextInfo: {
          stanzaId: '3EB0C767D9EF4A1B2C3D4E',
          participant: '15551234567@s.whatsapp.net',
          quotedMessage: { conversation: 'original' },
        },
      },
    },
  ],
  [
    'quoted reply to a group message from another chat',
    'Message',
    {
      extendedTextMessage: {
        text: 'private reply',
        contextInfo: {
          stanzaId: '3EB0C767D9EF4A1B2C3D4F',
          participant: '123456789012345@lid',
          quotedMessage: { conversation: 'in group' },
          remoteJid: '120363012345678901@g.us',
        },
      },
    },
  ],
  [
    'link preview',
    'Message',
    {
      extendedTextMessage: {
        text: 'see https://example.org/a',
        matchedText: 'https://example.org/a',
        description: 'Desc',
        title: 'Example',
        previewType: 'NONE',
        jpegThumbnail: hexed('ffd8ffd9'),
      },
    },
  ],
  [
    'forwarded text',
    'Message',
    { extendedTextMessage: { text: 'fwd', contextInfo: { forwardingScore: 1, isForwarded: true } } },
  ],
  [
    'disappearing chat text',
    'Message',
    {
      extendedTextMessage: {
        text: 'bye',
        contextInfo: { expiration: 86400, ephemeralSettingTimestamp: 1760000000 },
      },
    },
  ],
  [
    'image',
    'Message',
    {
      imageMessage: {
        mimetype: 'image/jpeg',
        caption: 'cap',
        height: 600,
        width: 800,
        ...file(),
        jpegThumbnail: hexed('ffd8ffd9'),
      },
    },
  ],
  ['view once image', 'Message', { imageMessage: { mimetype: 'image/jpeg', ...file(), viewOnce: true } }],
  [
    'view once image, wrapped v2',
    'Message',
    {
      viewOnceMessageV2: { message: { imageMessage: { mimetype: 'image/jpeg', ...file(), viewOnce: true } } },
    },
  ],
  [
    'video',
    'Message',
    {
      videoMessage: { mimetype: 'video/mp4', seconds: 12, caption: 'v', height: 720, width: 1280, ...file() },
    },
  ],
  ['gif', 'Message', { videoMessage: { mimetype: 'video/mp4', seconds: 2, gifPlayback: true, ...file() } }],
  ['video note', 'Message', { ptvMessage: { mimetype: 'video/mp4', seconds: 5, ...file() } }],
  ['audio file', 'Message', { audioMessage: { mimetype: 'audio/mp4', seconds: 33, ptt: false, ...file() } }],
  [
    'voice note with waveform',
    'Message',
    {
      audioMessage: {
        mimetype: 'audio/ogg; codecs=opus',
        seconds: 3,
        ptt: true,
        ...file(),
        waveform: bytes(64),
      },
    },
  ],
  [
    'document',
    'Message',
    {
      documentMessage: {
        mimetype: 'application/pdf',
        title: 'a b.pdf',
        pageCount: 3,
        fileName: 'a b.pdf',
        ...file(),
      },
    },
  ],
  [
    'document with caption',
    'Message',
    {
      documentWithCaptionMessage: {
        message: {
          documentMessage: { mimetype: 'application/pdf', fileName: 'a.pdf', ...file(), caption: 'see' },
        },
      },
    },
  ],
  [
    'sticker',
    'Message',
    { stickerMessage: { mimetype: 'image/webp', height: 512, width: 512, ...file(), isAnimated: false } },
  ],
  [
    'location',
    'Message',
    {
      locationMessage: {
        degreesLatitude: 52.5200066,
        degreesLongitude: 13.404954,
        name: 'Berlin',
        address: 'Mitte',
      },
    },
  ],
  [
    'live location',
    'Message',
    {
      liveLocationMessage: {
        degreesLatitude: -33.8688,
        degreesLongitude: 151.2093,
        accuracyInMeters: 12,
        caption: 'on my way',
        sequenceNumber: 1,
      },
    },
  ],
  [
    'contact card',
    'Message',
    {
      contactMessage: {
        displayName: 'Ana',
        vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nTEL;type=CELL;waid=15551234567:+1 555-123-4567\nEND:VCARD',
      },
    },
  ],
  [
    'contact cards',
    'Message',
    {
      contactsArrayMessage: {
        displayName: '2 contacts',
        contacts: [
          { displayName: 'A', vcard: 'BEGIN:VCARD\nEND:VCARD' },
          { displayName: 'B', vcard: 'BEGIN:VCARD\nEND:VCARD' },
        ],
      },
    },
  ],
  [
    'reaction',
    'Message',
    { reactionMessage: { key: key(false), text: '👍', senderTimestampMs: 1760000000000 } },
  ],
  [
    'reaction removed',
    'Message',
    { reactionMessage: { key: key(false), text: '', senderTimestampMs: 1760000001000 } },
  ],
  [
    'reaction in a group',
    'Message',
    { reactionMessage: { key: groupKey, text: '❤️', senderTimestampMs: 1760000000000 } },
  ],
  ['revoke own message', 'Message', { protocolMessage: { key: key(true), type: 'REVOKE' } }],
  ['admin revoke in a group', 'Message', { protocolMessage: { key: groupKey, type: 'REVOKE' } }],
  [
    'edit, Baileys form',
    'Message',
    {
      protocolMessage: {
        key: key(true),
        type: 'MESSAGE_EDIT',
        editedMessage: { conversation: 'corrected' },
        timestampMs: 1760000000000,
      },
    },
  ],
  [
    'edit, whatsmeow form',
    'Message',
    {
      editedMessage: {
        message: {
          protocolMessage: {
            key: key(true),
            type: 'MESSAGE_EDIT',
            editedMessage: { conversation: 'corrected' },
            timestampMs: 1760000000000,
          },
        },
      },
    },
  ],
  [
    'disappearing timer set to 7 days',
    'Message',
    { protocolMessage: { type: 'EPHEMERAL_SETTING', ephemeralExpiration: 604800 } },
  ],
  [
    'ephemeral wrapper, decode only',
    'Message',
    { ephemeralMessage: { message: { extendedTextMessage: { text: 'inside' } } } },
  ],
  [
    'poll, one answer',
    'Message',
    {
      messageContextInfo: { messageSecret: bytes(32) },
      pollCreationMessageV3: {
        name: 'Lunch?',
        options: [{ optionName: 'Yes' }, { optionName: 'No' }],
        selectableOptionsCount: 1,
      },
    },
  ],
  [
    'poll, several answers',
    'Message',
    {
      messageContextInfo: { messageSecret: bytes(32) },
      pollCreationMessage: {
        name: 'Which?',
        options: [{ optionName: 'A' }, { optionName: 'B' }, { optionName: 'C' }],
        selectableOptionsCount: 0,
      },
    },
  ],
  [
    'poll vote',
    'Message',
    {
      pollUpdateMessage: {
        pollCreationMessageKey: key(false),
        vote: { encPayload: bytes(50), encIv: bytes(12) },
        senderTimestampMs: 1760000000000,
      },
    },
  ],
  [
    'event',
    'Message',
    {
      messageContextInfo: { messageSecret: bytes(32) },
      eventMessage: {
        isCanceled: false,
        name: 'Party',
        description: 'bring cake',
        location: { degreesLatitude: 1.5, degreesLongitude: 2.5, name: 'Home' },
        startTime: 1761000000,
      },
    },
  ],
  [
    'event response',
    'Message',
    {
      encEventResponseMessage: {
        eventCreationMessageKey: key(false),
        encPayload: bytes(40),
        encIv: bytes(12),
      },
    },
  ],
  [
    'pin in chat',
    'Message',
    {
      messageContextInfo: { messageAddOnDurationInSecs: 604800 },
      pinInChatMessage: { key: key(false), type: 'PIN_FOR_ALL', senderTimestampMs: 1760000000000 },
    },
  ],
  [
    'keep in chat',
    'Message',
    { keepInChatMessage: { key: key(false), keepType: 'KEEP_FOR_ALL', timestampMs: 1760000000000 } },
  ],
  [
    'group invite',
    'Message',
    {
      groupInviteMessage: {
        groupJid: '120363012345678901@g.us',
        inviteCode: 'AbCdEfGh12345678',
        inviteExpiration: 1760259200,
        groupName: 'G',
        caption: 'join',
      },
    },
  ],
  [
    'device sent wrapper',
    'Message',
    {
      deviceSentMessage: {
        destinationJid: '15551234567@s.whatsapp.net',
        message: { conversation: 'hello', messageContextInfo: { messageSecret: bytes(32) } },
      },
      messageContextInfo: { messageSecret: bytes(32) },
    },
  ],
  [
    'sender key distribution only',
    'Message',
    {
      senderKeyDistributionMessage: {
        groupId: '120363012345678901@g.us',
        axolotlSenderKeyDistributionMessage: bytes(80),
      },
    },
  ],
  [
    'history sync notification',
    'Message',
    {
      protocolMessage: {
        type: 'HISTORY_SYNC_NOTIFICATION',
        historySyncNotification: {
          fileSha256: bytes(32),
          fileLength: 100,
          mediaKey: bytes(32),
          fileEncSha256: bytes(32),
          directPath: '/v/x',
          syncType: 'INITIAL_BOOTSTRAP',
          chunkOrder: 1,
          progress: 10,
        },
      },
    },
  ],
  [
    'app state key share',
    'Message',
    {
      protocolMessage: {
        type: 'APP_STATE_SYNC_KEY_SHARE',
        appStateSyncKeyShare: {
          keys: [
            {
              keyId: { keyId: hexed('000000001a2b') },
              keyData: {
                keyData: bytes(32),
                fingerprint: { rawId: 123, currentIndex: 1, deviceIndexes: [0, 1] },
                timestamp: 1760000000000,
              },
            },
          ],
        },
      },
    },
  ],
  [
    'app state key request',
    'Message',
    {
      protocolMessage: {
        type: 'APP_STATE_SYNC_KEY_REQUEST',
        appStateSyncKeyRequest: { keyIds: [{ keyId: hexed('000000001a2b') }] },
      },
    },
  ],
  [
    'placeholder resend request',
    'Message',
    {
      protocolMessage: {
        type: 'PEER_DATA_OPERATION_REQUEST_MESSAGE',
        peerDataOperationRequestMessage: {
          peerDataOperationRequestType: 'PLACEHOLDER_MESSAGE_RESEND',
          placeholderMessageResendRequest: [{ messageKey: groupKey }],
        },
      },
    },
  ],
  [
    'on-demand history request',
    'Message',
    {
      protocolMessage: {
        type: 'PEER_DATA_OPERATION_REQUEST_MESSAGE',
        peerDataOperationRequestMessage: {
          peerDataOperationRequestType: 'HISTORY_SYNC_ON_DEMAND',
          historySyncOnDemandRequest: {
            chatJid: '15551234567@s.whatsapp.net',
            oldestMsgId: '3EB0C767D9EF4A1B2C3D4E',
            oldestMsgFromMe: false,
            onDemandMsgCount: 50,
            oldestMsgTimestampMs: 1760000000,
          },
        },
      },
    },
  ],
  [
    'lid migration mapping',
    'Message',
    {
      protocolMessage: {
        type: 'LID_MIGRATION_MAPPING_SYNC',
        lidMigrationMappingSyncMessage: { encodedMappingPayload: bytes(30) },
      },
    },
  ],
  ['unknown fields are skipped', 'Message', { conversation: 'x' }],
  [
    'web message info',
    'WebMessageInfo',
    {
      key: { remoteJid: '15551234567@s.whatsapp.net', fromMe: true, id: '3EB0AAAA' },
      message: { conversation: 'x' },
      messageTimestamp: 1760000000,
      status: 'SERVER_ACK',
      messageSecret: bytes(32),
    },
  ],
  [
    'lid migration payload',
    'LIDMigrationMappingSyncPayload',
    {
      pnToLidMappings: [{ pn: 15551234567, assignedLid: 123456789012345, latestLid: 123456789012345 }],
      chatDbMigrationTimestamp: 1760000000,
    },
  ],
];
