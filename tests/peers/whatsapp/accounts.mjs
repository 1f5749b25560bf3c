// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Accounts and their devices. An account has a phone number and a LID, both naming the same user; device 0 is its phone.

import crypto from 'node:crypto';
import { Queue } from './queue.mjs';
import { sign, verify } from './curve.mjs';
import { formatJid, now, parseJid, proto } from './wire.mjs';

export class Device {
  constructor(account, id, keys) {
    this.account = account;
    this.server = account.server;
    this.id = id;
    this.keyIndex = keys.keyIndex ?? 0;
    this.noise = keys.noise;
    this.identity = keys.identity;
    this.registrationId = keys.registrationId;
    this.signedPreKey = keys.signedPreKey;
    this.deviceIdentity = keys.deviceIdentity;
    this.preKeys = new Map();
    this.connection = null;
    this.isAvailable = false;
    this.isPhone = false;
    this.queue = new Queue(this);
  }

  jid(form) {
    return formatJid(form === 'lid' ? this.account.lid : this.account.pn, this.id, form);
  }

  get name() {
    return this.jid('pn');
  }

  get isOnline() {
    return this.connection !== null;
  }

  // Kept until acknowledged.
  deliver(node) {
    this.queue.push(node);
  }

  // Sent now or never: answers, presence, typing.
  // encoded: its bytes, when they are there already.
  transmit(node, encoded) {
    this.connection?.send(node, encoded);
  }

  whisper(node) {
    if (this.queue.isLive) this.transmit(node);
  }
}

export class Account {
  constructor(server, { phone, lid, name, platform, migrated, business }) {
    this.server = server;
    this.pn = `${phone}`;
    this.lid = `${lid ?? crypto.randomInt(1e14, 2 ** 47)}`;
    this.pushName = name ?? `Phone ${this.pn.slice(-4)}`;
    this.platform = platform ?? 'android';
    this.migrated = migrated ?? true;
    this.business = business ?? null;
    this.rawId = crypto.randomInt(1, 2 ** 31);
    this.devices = new Map();
    this.nextDevice = 1;
    this.nextKeyIndex = 1;
    this.about = 'Hey there! I am using WhatsApp.';
    this.picture = null;
    this.blocked = new Set();
    this.privacy = {
      last: 'all',
      online: 'all',
      profile: 'all',
      status: 'all',
      readreceipts: 'all',
      groupadd: 'all',
      calladd: 'all',
      messages: 'all',
      defense: 'off',
      stickers: 'contacts',
    };
    this.props = {};
    this.tokens = new Map();
    this.tokenWeeks = new Map();
    this.requiresToken = false;
    this.refusal = null;
    this.statusAudience = new Set();
    this.peers = new Set();
    this.cachedKeyIndexes = null;
  }

  jid(form) {
    return formatJid(form === 'lid' ? this.lid : this.pn, 0, form);
  }

  get phone() {
    return this.devices.get(0);
  }

  add(device) {
    this.devices.set(device.id, device);
    this.changed();
  }

  remove(id) {
    this.devices.delete(id);
    this.changed();
  }

  changed() {
    this.cachedKeyIndexes = null;
    this.server.deviceEpoch += 1;
  }

  // The list of valid key indexes, signed by the phone.
  keyIndexList() {
    if (this.cachedKeyIndexes) return this.cachedKeyIndexes;
    const companions = [...this.devices.values()].filter((d) => d.id);
    const timestamp = now();
    const details = Buffer.from(
      proto.ADVKeyIndexList.encode({
        rawId: this.rawId,
        timestamp,
        currentIndex: Math.max(0, ...companions.map((d) => d.keyIndex)),
        validIndexes: companions.map((d) => d.keyIndex),
        accountType: 0,
      }).finish(),
    );
    const signature = sign(this.phone.identityPair.private, Buffer.concat([Buffer.from([6, 2]), details]));
    const bytes = Buffer.from(
      proto.ADVSignedKeyIndexList.encode({ details, accountSignature: signature }).finish(),
    );
    this.cachedKeyIndexes = { bytes, timestamp };
    return this.cachedKeyIndexes;
  }

  describe() {
    return {
      phone: this.pn,
      lid: this.lid,
      name: this.pushName,
      platform: this.platform,
      migrated: this.migrated,
      about: this.about,
      blocked: [...this.blocked],
      privacy: this.privacy,
      devices: [...this.devices.values()].map((d) => ({
        id: d.id,
        jid: d.jid('pn'),
        lid: d.jid('lid'),
        key_index: d.keyIndex,
        online: d.isOnline,
        live: d.queue.isLive,
        available: d.isAvailable,
        queued: d.queue.size,
        prekeys: d.preKeys.size,
        registration_id: d.registrationId,
        identity: d.identity.toString('hex'),
        noise: d.noise?.toString('hex'),
      })),
    };
  }
}

export class Directory {
  constructor() {
    this.byPn = new Map();
    this.byLid = new Map();
  }

  add(account) {
    if (this.byPn.has(account.pn) || this.byLid.has(account.lid))
      throw new RangeError('there is an account of this number or LID already');
    this.byPn.set(account.pn, account);
    this.byLid.set(account.lid, account);
  }

  // Any address of a user, with or without a device.
  account(jid) {
    if (!jid) return undefined;
    const { user, server } = parseJid(jid);
    return server === 'lid' ? this.byLid.get(user) : this.byPn.get(user);
  }

  device(jid) {
    return this.account(jid)?.devices.get(parseJid(jid).device);
  }

  get all() {
    return [...this.byPn.values()];
  }
}

export const ACCOUNT_PREFIX = Buffer.from([6, 0]);
const DEVICE_PREFIX = Buffer.from([6, 1]);

// Both signatures of a companion's identity, checked against the identity key that it is to vouch for.
export function checkDeviceIdentity(journal, by, bytes, identity) {
  const { details, accountSignatureKey, accountSignature, deviceSignature } =
    proto.ADVSignedDeviceIdentity.decode(bytes);
  const parts = [details, identity, accountSignatureKey].map((b) => Buffer.from(b ?? []));
  const account = journal.signature(
    'adv-account',
    by,
    verify(parts[2], Buffer.concat([ACCOUNT_PREFIX, parts[0], parts[1]]), accountSignature),
  );
  const device = journal.signature(
    'adv-device',
    by,
    verify(parts[1], Buffer.concat([DEVICE_PREFIX, ...parts]), deviceSignature),
  );
  return account && device;
}
