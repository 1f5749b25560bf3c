// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// What a phone does for its own companions: keys of the app state, history, mappings, and answers to what they ask.

import crypto from 'node:crypto';
import zlib from 'node:zlib';
import { makeHistory } from './history.mjs';
import { bytesOf, child, node, now, proto } from './wire.mjs';

const { Type } = proto.Message.ProtocolMessage;
const { PeerDataOperationRequestType: Operation } = proto.Message;
const INLINE_MAX = 60000;
const NOTHING = { chats: 0 };
const SYNC_TYPES = proto.HistorySync.HistorySyncType;

function hkdf(key, info, size) {
  return Buffer.from(crypto.hkdfSync('sha256', key, Buffer.alloc(0), info, size));
}

function seal(key, iv, aad, plain) {
  const cipher = crypto.createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(key, iv, aad, sealed) {
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, iv).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

function mediaOf(message) {
  return Object.values(message ?? {}).find((part) => part?.mediaKey?.length && part.directPath !== undefined);
}

export class Primary {
  constructor(phone) {
    this.phone = phone;
    this.account = phone.account;
    this.server = phone.server;
    this.keys = new Map();
    this.fresh = new Set();
    this.sharesKeys = true;
    this.startHistory = 'auto';
    this.makeKey();
  }

  // A new key of the app state; the newest one is used for writing.
  makeKey() {
    const id = crypto.randomBytes(6);
    this.newestKey = {
      keyId: { keyId: id },
      keyData: {
        keyData: crypto.randomBytes(32),
        fingerprint: { rawId: this.account.rawId, currentIndex: 0, deviceIndexes: [0] },
        timestamp: Date.now(),
      },
    };
    this.keys.set(id.toString('base64'), this.newestKey);
    return this.newestKey;
  }

  linked(device) {
    this.fresh.add(device);
  }

  // A companion is ready for the first time after it was linked.
  ready(device) {
    if (!this.fresh.delete(device)) return;
    this.phone.enqueue(async () => {
      if (this.sharesKeys) await this.shareKeys(device, [...this.keys.values()]);
      if (this.startHistory === 'auto')
        await this.history(device, { type: 'INITIAL_BOOTSTRAP', data: this.#bootstrap() });
    });
  }

  #bootstrap() {
    const known = this.server.directory.all.slice(0, 2000);
    return {
      pushnames: known.map((a) => ({ id: a.jid('pn'), pushname: a.pushName })),
      phoneNumberToLidMappings: known.map((a) => ({ pnJid: a.jid('pn'), lidJid: a.jid('lid') })),
      nctSalt: this.#salt().toString('base64'),
    };
  }

  #salt() {
    this.salt ??= crypto.randomBytes(32);
    return this.salt;
  }

  shareKeys(device, keys) {
    return this.phone.outbox.sendPeer(device, {
      protocolMessage: { type: Type.APP_STATE_SYNC_KEY_SHARE, appStateSyncKeyShare: { keys } },
    });
  }

  // data: a HistorySync as JSON; made: one of that size. inline false puts it on the media host.
  async history(device, { type, data, bytes, made, chunk, progress, inline, ...more }) {
    const syncType = SYNC_TYPES[type];
    if (syncType === undefined)
      throw new RangeError(
        `there is no history type ‘${type}’; there are: ${Object.keys(SYNC_TYPES).join(', ')}`,
      );
    const head = { syncType, chunkOrder: chunk ?? 1, progress: progress ?? 100, ...data };
    const plain = bytes ?? makeHistory(head, made ?? NOTHING);
    const packed = zlib.deflateSync(plain);
    const isInline = inline ?? packed.length <= INLINE_MAX;
    const notification = { syncType, chunkOrder: chunk ?? 1, progress: progress ?? 100, ...more };
    if (isInline) notification.initialHistBootstrapInlinePayload = packed;
    else Object.assign(notification, this.server.media.put('md-msg-hist', packed));
    return this.phone.outbox.sendPeer(device, {
      protocolMessage: { type: Type.HISTORY_SYNC_NOTIFICATION, historySyncNotification: notification },
    });
  }

  shareMappings(device, accounts, { stamp } = {}) {
    const payload = {
      pnToLidMappings: accounts.map((a) => ({ pn: a.pn, assignedLid: a.lid, latestLid: a.lid })),
      ...(stamp && { chatDbMigrationTimestamp: stamp }),
    };
    const encodedMappingPayload = Buffer.from(
      proto.LIDMigrationMappingSyncPayload.encode(
        proto.LIDMigrationMappingSyncPayload.fromObject(payload),
      ).finish(),
    );
    return this.phone.outbox.sendPeer(device, {
      protocolMessage: {
        type: Type.LID_MIGRATION_MAPPING_SYNC,
        lidMigrationMappingSyncMessage: { encodedMappingPayload },
      },
    });
  }

  // --- what companions ask ---

  async asked(stanza, device, message) {
    if (device.account !== this.account) return;
    if (message.type === Type.APP_STATE_SYNC_KEY_REQUEST)
      await this.#answerKeys(device, message.appStateSyncKeyRequest);
    if (message.type === Type.PEER_DATA_OPERATION_REQUEST_MESSAGE)
      await this.#answerOperation(stanza, device, message.peerDataOperationRequestMessage);
  }

  async #answerKeys(device, { keyIds }) {
    const keys = keyIds.map(
      ({ keyId }) => this.keys.get(Buffer.from(keyId).toString('base64')) ?? { keyId: { keyId } },
    );
    this.server.journal.event('keys-asked', { phone: this.account.pn, by: device.name, count: keys.length });
    await this.shareKeys(device, keys);
  }

  async #answerOperation(stanza, device, request) {
    const kind = request.peerDataOperationRequestType;
    this.server.journal.event('operation-asked', {
      phone: this.account.pn,
      by: device.name,
      operation: kind,
    });
    if (kind === Operation.HISTORY_SYNC_ON_DEMAND)
      await this.#answerHistory(device, request.historySyncOnDemandRequest);
    if (kind !== Operation.PLACEHOLDER_MESSAGE_RESEND) return;
    const results = (request.placeholderMessageResendRequest ?? [])
      .map(({ messageKey }) => this.#find(messageKey))
      .map((info) => ({
        placeholderMessageResendResponse: info && {
          webMessageInfoBytes: Buffer.from(proto.WebMessageInfo.encode(info).finish()),
        },
      }));
    await this.phone.outbox.sendPeer(device, {
      protocolMessage: {
        type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
        peerDataOperationRequestResponseMessage: {
          stanzaId: stanza.attrs.id,
          peerDataOperationRequestType: kind,
          peerDataOperationResult: results,
        },
      },
    });
  }

  #find(key) {
    const row = this.phone.inbox.rows.find((r) => r.id === key.id);
    const sent = this.phone.outbox.sent.get(key.id);
    if (!row && !sent) return null;
    const { destination, ...message } = row?.message ?? sent.content;
    return proto.WebMessageInfo.fromObject({
      key,
      message: proto.Message.fromObject(message),
      messageTimestamp: Number(row?.t ?? now()),
      pushName: this.account.pushName,
      ...(destination && {}),
    });
  }

  async #answerHistory(device, { chatJid, oldestMsgId, onDemandMsgCount }) {
    const data = this.onDemand?.(chatJid, oldestMsgId, onDemandMsgCount) ?? {
      conversations: [{ id: chatJid, messages: [], endOfHistoryTransfer: true }],
    };
    await this.history(device, { type: 'ON_DEMAND', data });
  }

  // --- media that is gone ---

  // Returns the <encrypt> of the answer, or null when the phone does not have the file either.
  async reupload(stanza) {
    const id = stanza.attrs.id;
    const content =
      this.phone.outbox.sent.get(id)?.content ?? this.phone.inbox.rows.find((r) => r.id === id)?.message;
    const media = mediaOf(content);
    if (!media) return null;
    const key = hkdf(Buffer.from(media.mediaKey), 'WhatsApp Media Retry Notification', 32);
    const encrypt = child(stanza, 'encrypt');
    const asked = proto.ServerErrorReceipt.decode(
      open(key, bytesOf(encrypt, 'enc_iv'), Buffer.from(id), bytesOf(encrypt, 'enc_p')),
    );
    if (asked.stanzaId !== id) throw new Error('the media retry names another message inside than outside');
    const directPath = this.server.media.restore(media.directPath);
    const answer = { stanzaId: id, ...(directPath ? { directPath, result: 1 } : { result: 2 }) };
    const iv = crypto.randomBytes(12);
    const sealed = seal(
      key,
      iv,
      Buffer.from(id),
      Buffer.from(
        proto.MediaRetryNotification.encode(proto.MediaRetryNotification.fromObject(answer)).finish(),
      ),
    );
    return node('encrypt', {}, [node('enc_p', {}, sealed), node('enc_iv', {}, iv)]);
  }
}
