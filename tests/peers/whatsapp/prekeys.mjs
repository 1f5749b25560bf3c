// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Pre-keys: every device's keys, the one-time ones given out once each, and every signed pre-key checked as it comes.

import { bigEndian, bytesOf, child, children, node, numberOf, SERVER } from './wire.mjs';
import { prefixed, verify } from './curve.mjs';

const LOW = 5;

function readSigned(parent) {
  const skey = child(parent, 'skey');
  return { id: numberOf(skey, 'id'), value: bytesOf(skey, 'value'), signature: bytesOf(skey, 'signature') };
}

function isKey(bytes, size = 32) {
  return bytes?.length === size;
}

export class PreKeys {
  constructor(server) {
    this.server = server;
    this.exhausted = new Set();
  }

  #acceptSigned(connection, identity, signed) {
    const valid =
      isKey(signed.value) &&
      isKey(signed.signature, 64) &&
      verify(identity, prefixed(signed.value), signed.signature);
    return this.server.journal.signature('skey', connection.name, valid);
  }

  get(connection, iq) {
    if (child(iq, 'count'))
      connection.result(iq, [node('count', { value: `${connection.device.preKeys.size}` })]);
    else if (child(iq, 'digest')) this.#digest(connection, iq);
    else if (child(iq, 'key')) this.#bundles(connection, iq);
    else connection.error(iq, 400, 'bad-request');
  }

  set(connection, iq) {
    if (child(iq, 'rotate')) this.#rotate(connection, iq);
    else if (child(iq, 'list')) this.#upload(connection, iq);
    else connection.error(iq, 400, 'bad-request');
  }

  #upload(connection, iq) {
    const device = connection.device;
    const signed = readSigned(iq);
    if (!bytesOf(iq, 'identity')?.equals(device.identity))
      return connection.error(iq, 406, 'not-acceptable: another identity than the paired one');
    if (!this.#acceptSigned(connection, device.identity, signed))
      return connection.error(iq, 406, 'not-acceptable: the signature of skey does not verify');
    for (const key of children(child(iq, 'list'), 'key')) {
      const [id, value] = [numberOf(key, 'id'), bytesOf(key, 'value')];
      if (!isKey(value) || bytesOf(key, 'id').length !== 3)
        return connection.error(iq, 406, 'not-acceptable: a key has the wrong size');
      const before = device.seenPreKeys?.get(id);
      if (before && !before.equals(value))
        this.server.journal.event('prekey-reused', { device: device.name, id });
      (device.seenPreKeys ??= new Map()).set(id, value);
      device.preKeys.set(id, value);
    }
    device.registrationId = numberOf(iq, 'registration');
    device.signedPreKey = signed;
    device.lowAnnounced = undefined;
    this.server.journal.event('prekeys-uploaded', {
      device: device.name,
      count: children(child(iq, 'list'), 'key').length,
    });
    return connection.result(iq);
  }

  #rotate(connection, iq) {
    const device = connection.device;
    const signed = readSigned(child(iq, 'rotate'));
    if (!this.#acceptSigned(connection, device.identity, signed))
      return connection.error(iq, 406, 'not-acceptable: the signature of skey does not verify');
    device.signedPreKey = signed;
    this.server.journal.event('skey-rotated', { device: device.name, id: signed.id });
    return connection.result(iq);
  }

  #digest(connection, iq) {
    const device = connection.device;
    if (!device.preKeys.size) return connection.error(iq, 404, 'item-not-found');
    const { id, value, signature } = device.signedPreKey;
    return connection.result(iq, [
      node('digest', {}, [
        node('registration', {}, bigEndian(device.registrationId, 4)),
        node('type', {}, Buffer.from([5])),
        node('identity', {}, device.identity),
        node('skey', {}, [
          node('id', {}, bigEndian(id, 3)),
          node('value', {}, value),
          node('signature', {}, signature),
        ]),
        node(
          'list',
          {},
          [...device.preKeys.keys()].map((k) => node('id', {}, bigEndian(k, 3))),
        ),
      ]),
    ]);
  }

  // Takes a one-time key out; the owner hears when few are left.
  take(device) {
    if (this.exhausted.has(device.name) || this.exhausted.has('*')) return null;
    if (device.isPhone) return device.makePreKey();
    const { value: first, done } = device.preKeys.entries().next();
    if (done) return null;
    device.preKeys.delete(first[0]);
    if (device.preKeys.size < LOW) this.announceLow(device);
    return { id: first[0], value: first[1] };
  }

  announceLow(device) {
    if (device.lowAnnounced === device.preKeys.size) return;
    device.lowAnnounced = device.preKeys.size;
    device.deliver(
      node(
        'notification',
        { from: SERVER, type: 'encrypt', id: this.server.nextId('low'), t: this.server.time() },
        [node('count', { value: `${device.preKeys.size}` })],
      ),
    );
  }

  bundle(device) {
    const oneTime = this.take(device);
    const { id, value, signature } = device.signedPreKey;
    this.server.journal.count(oneTime ? 'bundles' : 'bundles_without_key');
    return [
      node('registration', {}, bigEndian(device.registrationId, 4)),
      node('type', {}, Buffer.from([5])),
      node('identity', {}, device.identity),
      ...(oneTime
        ? [node('key', {}, [node('id', {}, bigEndian(oneTime.id, 3)), node('value', {}, oneTime.value)])]
        : []),
      node('skey', {}, [
        node('id', {}, bigEndian(id, 3)),
        node('value', {}, value),
        node('signature', {}, this.server.faults.bundleSignature(device, signature)),
      ]),
      ...(device.deviceIdentity
        ? [node('device-identity', {}, this.server.faults.bundleIdentity(device, device.deviceIdentity))]
        : []),
    ];
  }

  #bundles(connection, iq) {
    const users = children(child(iq, 'key'), 'user').map((user) => {
      const device = this.server.directory.device(user.attrs.jid);
      if (!device)
        return node('user', { jid: user.attrs.jid }, [
          node('error', { code: '406', text: 'not-acceptable' }),
        ]);
      return node('user', { jid: user.attrs.jid, t: this.server.time() }, this.bundle(device));
    });
    connection.result(iq, [node('list', {}, users)]);
  }
}
