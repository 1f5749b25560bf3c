// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Pairing: a connection without an account gets refs; a phone that scans one of them, or answers a code, makes it a device.

import crypto from 'node:crypto';
import { ACCOUNT_PREFIX, Device, checkDeviceIdentity } from './accounts.mjs';
import { sign, verify, prefixed } from './curve.mjs';
import { SERVER, bytesOf, child, formatJid, node, now, proto } from './wire.mjs';

const REFS = 6;
const PAIR_ID = 'pair-success-1';

function parseQr(text) {
  const parts = text.slice(text.indexOf('#') + 1).split(',');
  if (parts.length < 4) throw new RangeError('a QR text has at least four parts');
  const [ref, noise, identity, adv] = parts;
  return {
    ref,
    noise: Buffer.from(noise, 'base64'),
    identity: Buffer.from(identity, 'base64'),
    adv: Buffer.from(adv, 'base64'),
    isUrl: text.startsWith('https://wa.me/settings/linked_devices#'),
    client: parts[4],
  };
}

export class Pairing {
  constructor(server) {
    this.server = server;
    this.refs = new Map();
    this.waiting = new Set();
  }

  begin(connection) {
    const data = connection.payload.devicePairingData;
    const keys = {
      identity: Buffer.from(data.eIdent),
      noise: connection.noise,
      registrationId: Buffer.from(data.eRegid).readUInt32BE(),
      signedPreKey: {
        id: Buffer.from(data.eSkeyId).readUIntBE(0, 3),
        value: Buffer.from(data.eSkeyVal),
        signature: Buffer.from(data.eSkeySig),
      },
    };
    const { value, signature } = keys.signedPreKey;
    if (
      !this.server.journal.signature(
        'registration-skey',
        connection.name,
        verify(keys.identity, prefixed(value), signature),
      )
    ) {
      connection.end(node('failure', { reason: '400', location: 'double' }));
      return;
    }
    connection.keys = keys;
    connection.props = proto.DeviceProps.decode(data.deviceProps ?? Buffer.alloc(0));
    this.waiting.add(connection);
    this.offer(connection);
    connection.lifetime = setTimeout(() => connection.end(), this.server.options.qr_lifetime_ms);
  }

  offer(connection) {
    connection.refs = Array.from({ length: REFS }, () => `2@${crypto.randomBytes(48).toString('base64')}`);
    for (const ref of connection.refs) this.refs.set(ref, connection);
    connection.send(
      node('iq', { from: SERVER, type: 'set', id: `pair-device-${connection.number}`, xmlns: 'md' }, [
        node(
          'pair-device',
          {},
          connection.refs.map((ref) => node('ref', {}, Buffer.from(ref))),
        ),
      ]),
    );
    connection.step('pair-device');
  }

  leave(connection) {
    clearTimeout(connection.lifetime);
    this.waiting.delete(connection);
    for (const ref of connection.refs ?? []) this.refs.delete(ref);
  }

  find(text) {
    const qr = parseQr(text);
    const connection = this.refs.get(qr.ref);
    if (!connection) throw new RangeError('no waiting client has this ref');
    if (!qr.noise.equals(connection.noise))
      throw new RangeError('the QR holds another noise key than the connection used');
    if (!qr.identity.equals(connection.keys.identity))
      throw new RangeError('the QR holds another identity key than the payload');
    if (qr.adv.length !== 32) throw new RangeError('the ADV secret of the QR does not have 32 bytes');
    return { qr, connection };
  }

  // companion_reg_refresh: from now on the secret shown before links no more.
  refresh(text, child_ = 'companion_reg_refresh') {
    const { qr, connection } = this.find(text);
    connection.staleSecrets = [...(connection.staleSecrets ?? []), qr.adv.toString('hex')];
    connection.send(
      node(
        'notification',
        { from: SERVER, type: 'companion_reg_refresh', id: `refresh-${Date.now()}`, t: `${now()}` },
        [node(child_, {})],
      ),
    );
  }

  scan(account, text, options = {}) {
    const { qr, connection } = this.find(text);
    if (connection.staleSecrets?.includes(qr.adv.toString('hex')))
      throw new RangeError('the QR holds a secret that companion_reg_refresh made stale');
    return this.link(account, connection, qr.adv, options);
  }

  // The phone vouches for the client's identity; the promise holds the device once the client signed, too.
  link(account, connection, secret, { tamper, hosted } = {}) {
    const { id, keyIndex } = { id: account.nextDevice++, keyIndex: account.nextKeyIndex++ };
    const details = Buffer.from(
      proto.ADVDeviceIdentity.encode({
        rawId: account.rawId,
        timestamp: now(),
        keyIndex,
        accountType: 0,
        deviceType: hosted ? 1 : 0,
      }).finish(),
    );
    const pair = account.phone.identityPair;
    const prefix = hosted ? Buffer.from([6, 5]) : ACCOUNT_PREFIX;
    const accountSignature = sign(pair.private, Buffer.concat([prefix, details, connection.keys.identity]));
    if (tamper === 'signature') accountSignature[5] ^= 1;
    const accountSignatureKey = tamper === 'key' ? crypto.randomBytes(32) : pair.public;
    const signed = Buffer.from(
      proto.ADVSignedDeviceIdentity.encode({ details, accountSignatureKey, accountSignature }).finish(),
    );
    const hmac = crypto
      .createHmac('sha256', secret)
      .update(Buffer.concat([hosted ? Buffer.from([6, 5]) : Buffer.alloc(0), signed]))
      .digest();
    if (tamper === 'hmac') hmac[0] ^= 1;
    const outer = Buffer.from(
      proto.ADVSignedDeviceIdentityHMAC.encode({
        details: signed,
        hmac,
        ...(hosted && { accountType: 1 }),
      }).finish(),
    );
    connection.pairing = { account, id, keyIndex, details, accountSignature, accountSignatureKey, hosted };
    if (connection.step('pair-success')) throw new Error('cut by a fault');
    connection.send(this.#success(account, id, outer));
    return new Promise((resolve, reject) => {
      Object.assign(connection.pairing, { resolve, reject });
      connection.pairing.timer = setTimeout(
        () => reject(new Error('the client did not answer pair-success within 20 s')),
        20000,
      );
    });
  }

  #success(account, id, identity) {
    const props = Buffer.from(
      proto.ClientPairingProps.encode({
        isChatDbLidMigrated: account.migrated,
        isSyncdPureLidSession: account.migrated,
      }).finish(),
    );
    return node('iq', { from: SERVER, type: 'set', id: PAIR_ID, t: `${now()}`, xmlns: 'md' }, [
      node('pair-success', {}, [
        node('device-identity', {}, identity),
        ...(account.business ? [node('biz', { name: account.business })] : []),
        node('platform', { name: account.platform }),
        node('device', { jid: formatJid(account.pn, id, 'pn'), lid: formatJid(account.lid, id, 'lid') }),
        node('client-props', {}, props),
      ]),
    ]);
  }

  // The client's answer to pair-success.
  answered(connection, iq) {
    const pairing = connection.pairing;
    clearTimeout(pairing.timer);
    if (iq.attrs.type === 'error') {
      const { code, text } = child(iq, 'error')?.attrs ?? {};
      this.server.journal.event('pairing-refused', { code, text });
      pairing.reject(new Error(`the client refused: ${code} ${text}`));
      return;
    }
    if (connection.step('pair-device-sign')) {
      pairing.reject(new Error('cut by a fault'));
      return;
    }
    const bytes = bytesOf(child(iq, 'pair-device-sign'), 'device-identity');
    const fault = this.#check(connection, bytes);
    if (fault) {
      pairing.reject(new Error(fault));
      connection.end(node('stream:error', { code: '500' }));
      return;
    }
    const device = this.#admit(connection, bytes);
    pairing.resolve(device);
    connection.end(node('stream:error', { code: '515' }));
  }

  #check(connection, bytes) {
    if (!bytes) return 'pair-device-sign has no device-identity';
    const { details, accountSignatureKey, accountSignature, deviceSignature } =
      proto.ADVSignedDeviceIdentity.decode(bytes);
    const pairing = connection.pairing;
    if (accountSignatureKey?.length) return 'the answer still holds the account signature key';
    if (!pairing.details.equals(Buffer.from(details ?? []))) return 'the answer holds other details';
    if (!pairing.accountSignature.equals(Buffer.from(accountSignature ?? [])))
      return 'the answer holds another account signature';
    const whole = proto.ADVSignedDeviceIdentity.encode({
      details,
      accountSignatureKey: pairing.accountSignatureKey,
      accountSignature,
      deviceSignature,
    }).finish();
    const valid =
      pairing.hosted ||
      checkDeviceIdentity(this.server.journal, connection.name, whole, connection.keys.identity);
    return valid ? null : 'a signature of the device identity does not verify';
  }

  #admit(connection, bytes) {
    const { account, id, keyIndex, accountSignatureKey } = connection.pairing;
    const identity = proto.ADVSignedDeviceIdentity.decode(bytes);
    const deviceIdentity = Buffer.from(
      proto.ADVSignedDeviceIdentity.encode({ ...identity, accountSignatureKey }).finish(),
    );
    const device = new Device(account, id, { ...connection.keys, keyIndex, deviceIdentity });
    device.props = connection.props;
    account.add(device);
    this.server.devicesChanged(account, 'add', device);
    this.server.journal.event('paired', { device: device.name });
    account.phone.linked(device);
    return device;
  }
}
