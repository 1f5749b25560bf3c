// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Linking by a code of eight letters: both halves, the companion's over the wire and the phone's here.

import crypto from 'node:crypto';
import { agree, makePair } from './curve.mjs';
import { SERVER, bytesOf, node, textOf } from './wire.mjs';

const CODE = /^[1-9A-HJ-NP-TV-Z]{8}$/;
const ROUNDS = 131072;
const BUNDLE_INFO = 'link_code_pairing_key_bundle_encryption_key';
const DISPLAY = /^(Chrome|Firefox|Edge|Safari|Opera|IE) \(.+\)$/;
const HELLOS_MAX = 3;

function codeKey(code, salt) {
  return crypto.pbkdf2Sync(code, salt, ROUNDS, 32, 'sha256');
}

function ctr(key, iv, bytes) {
  const cipher = crypto.createCipheriv('aes-256-ctr', key, iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

function hkdf(key, salt, info) {
  return Buffer.from(crypto.hkdfSync('sha256', key, salt, info, 32));
}

export class LinkCode {
  constructor(server) {
    this.server = server;
    this.byPn = new Map();
  }

  hello(connection, iq, reg) {
    const account = this.server.directory.account(reg.attrs.jid);
    const wrapped = bytesOf(reg, 'link_code_pairing_wrapped_companion_ephemeral_pub');
    const display = textOf(reg, 'companion_platform_display') ?? '';
    if (
      !account ||
      wrapped?.length !== 80 ||
      !bytesOf(reg, 'companion_server_auth_key_pub')?.equals(connection.noise) ||
      !DISPLAY.test(display)
    )
      return connection.error(iq, 400, 'bad-request');
    const ref = crypto.randomBytes(24);
    this.byPn.set(account.pn, {
      connection,
      wrapped,
      ref,
      hellos: 0,
      display,
      platform: textOf(reg, 'companion_platform_id'),
    });
    this.server.journal.event('link-hello', {
      phone: account.pn,
      display,
      push: reg.attrs.should_show_push_notification,
    });
    if (connection.step('link-hello')) return undefined;
    return connection.result(iq, [
      node('link_code_companion_reg', { stage: 'companion_hello' }, [node('link_code_pairing_ref', {}, ref)]),
    ]);
  }

  #waiting(account) {
    const entry = this.byPn.get(account.pn);
    if (!entry || entry.connection.closed) throw new RangeError('no client waits for a code of this phone');
    return entry;
  }

  // The user types the code. Resolves with the device once it is linked.
  enter(account, typed, { tamper } = {}) {
    const entry = this.#waiting(account);
    const code = typed.replace('-', '').toUpperCase();
    if (!CODE.test(code)) throw new RangeError('a code has eight letters of its alphabet');
    if (++entry.hellos > HELLOS_MAX) throw new RangeError('a code may be tried three times');
    const { wrapped } = entry;
    entry.theirs = ctr(
      codeKey(code, wrapped.subarray(0, 32)),
      wrapped.subarray(32, 48),
      wrapped.subarray(48),
    );
    entry.ours = makePair();
    const [salt, iv] = [crypto.randomBytes(32), crypto.randomBytes(16)];
    const own = Buffer.concat([salt, iv, ctr(codeKey(code, salt), iv, entry.ours.public)]);
    const ref = tamper === 'ref' ? crypto.randomBytes(24) : entry.ref;
    const linked = new Promise((resolve, reject) => {
      Object.assign(entry, { resolve, reject });
    });
    entry.timer = setTimeout(() => entry.reject(new Error('the client did not finish within 20 s')), 20000);
    this.#notify(entry, 'primary_hello', [
      node('link_code_pairing_ref', {}, ref),
      node('link_code_pairing_wrapped_primary_ephemeral_pub', {}, own),
      node('primary_identity_pub', {}, account.phone.identityPair.public),
    ]);
    entry.connection.step('link-primary');
    return linked;
  }

  #notify(entry, stage, content, more = {}) {
    entry.connection.send(
      node(
        'notification',
        {
          from: SERVER,
          type: 'link_code_companion_reg',
          id: this.server.nextId('link'),
          t: this.server.time(),
        },
        [node('link_code_companion_reg', { stage, ...more }, content)],
      ),
    );
  }

  // stage="refresh_code": the client is to ask for another one.
  refresh(account) {
    this.#notify(this.#waiting(account), 'refresh_code', [], { force_manual_refresh: 'true' });
  }

  finish(connection, iq, reg) {
    const account = this.server.directory.account(reg.attrs.jid);
    const entry = account && this.byPn.get(account.pn);
    if (!entry || entry.connection !== connection || !entry.ours)
      return connection.error(iq, 400, 'bad-request');
    clearTimeout(entry.timer);
    if (connection.step('link-finish')) return entry.reject(new Error('cut by a fault'));
    try {
      const secret = this.#secret(account, entry, connection, reg);
      connection.result(iq);
      this.server.pairing.link(account, connection, secret).then(entry.resolve, entry.reject);
    } catch (error) {
      connection.error(iq, 400, 'bad-request');
      entry.reject(error);
    }
    return undefined;
  }

  #secret(account, entry, connection, reg) {
    const wrapped = bytesOf(reg, 'link_code_pairing_wrapped_key_bundle');
    const identity = bytesOf(reg, 'companion_identity_public');
    if (wrapped?.length !== 156 || !bytesOf(reg, 'link_code_pairing_ref')?.equals(entry.ref))
      throw new Error('the finish has another ref or a bundle of another size');
    if (!identity?.equals(connection.keys.identity))
      throw new Error('the finish names another identity than the payload');
    const shared = agree(entry.ours.private, entry.theirs);
    const decipher = crypto.createDecipheriv(
      'aes-256-gcm',
      hkdf(shared, wrapped.subarray(0, 32), BUNDLE_INFO),
      wrapped.subarray(32, 44),
    );
    decipher.setAuthTag(wrapped.subarray(140));
    const bundle = Buffer.concat([decipher.update(wrapped.subarray(44, 140)), decipher.final()]);
    const own = account.phone.identityPair;
    if (!bundle.subarray(0, 32).equals(identity) || !bundle.subarray(32, 64).equals(own.public))
      throw new Error('the bundle holds other identities');
    return hkdf(
      Buffer.concat([shared, agree(own.private, identity), bundle.subarray(64)]),
      Buffer.alloc(0),
      'adv_secret',
    );
  }
}
