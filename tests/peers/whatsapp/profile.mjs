// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// What an account shows of itself and whom it lets near: picture, about, privacy, block list, tokens, timer.

import crypto from 'node:crypto';
import { bytesOf, child, children, node, textOf } from './wire.mjs';

const PRIVACY_VALUES = new Set([
  'all',
  'contacts',
  'contact_blacklist',
  'none',
  'match_last_seen',
  'known',
  'off',
  'on_standard',
]);
const ABOUT_MAX = 139;
const WEEK_S = 604800;

export class Profile {
  constructor(server) {
    this.server = server;
  }

  // Everyone who shares a chat would hear; here all accounts do.
  #tell(by, type, content, { ownOnly } = {}) {
    for (const account of ownOnly ? [by] : this.server.directory.all) {
      for (const device of account.devices.values()) {
        if (device.isPhone) continue;
        device.deliver(
          node(
            'notification',
            { from: by.jid('lid'), type, id: this.server.nextId(type), t: this.server.time() },
            [content],
          ),
        );
      }
    }
  }

  // --- w:profile:picture ---

  #owner(connection, target) {
    if (target?.endsWith('@g.us')) return this.server.groups.find(target);
    return target ? this.server.directory.account(target) : connection.device.account;
  }

  getPicture(connection, iq) {
    const owner = this.#owner(connection, iq.attrs.target);
    const asked = child(iq, 'picture');
    if (!owner?.picture) return connection.error(iq, 404, 'item-not-found');
    if (owner.privacy?.profile === 'none' && owner !== connection.device.account)
      return connection.error(iq, 401, 'not-authorized');
    const { id, path } = owner.picture;
    if (asked?.attrs.id === id) return connection.result(iq);
    return connection.result(iq, [
      node('picture', {
        id,
        type: asked?.attrs.type ?? 'image',
        url: `https://pps.whatsapp.net${path}`,
        direct_path: path,
      }),
    ]);
  }

  setPicture(connection, iq) {
    const { target } = iq.attrs;
    const owner = this.#owner(connection, target);
    if (!owner) return connection.error(iq, 404, 'item-not-found');
    if (target?.endsWith('@g.us') && owner.locked && !owner.isAdmin(connection.device.account))
      return connection.error(iq, 403, 'forbidden');
    const bytes = bytesOf(iq, 'picture');
    const id = bytes?.length ? `${crypto.randomInt(1e9, 2e9)}` : null;
    owner.picture = id ? { id, path: this.server.media.putPlain('image', bytes) } : null;
    connection.result(iq, id ? [node('picture', { id })] : undefined);
    return this.#tell(
      connection.device.account,
      'picture',
      node(id ? 'set' : 'delete', {
        jid: target ?? connection.device.account.jid('lid'),
        ...(id && { id }),
        author: connection.device.account.jid('lid'),
      }),
    );
  }

  // --- status (about) ---

  setAbout(connection, iq) {
    const text = textOf(iq, 'status') ?? '';
    if (text.length > ABOUT_MAX) return connection.error(iq, 406, 'not-acceptable');
    connection.device.account.about = text;
    connection.result(iq);
    return this.#tell(connection.device.account, 'status', node('set', {}, Buffer.from(text)));
  }

  getAbout(connection, iq) {
    if (!child(iq, 'privacy')) return connection.error(iq, 400, 'bad-request');
    return connection.result(iq, [node('privacy', {}, [node('list', { type: 'contacts' })])]);
  }

  // --- privacy and tokens ---

  getPrivacy(connection, iq) {
    connection.result(iq, [
      node(
        'privacy',
        {},
        Object.entries(connection.device.account.privacy).map(([name, value]) =>
          node('category', { name, value }),
        ),
      ),
    ]);
  }

  setPrivacy(connection, iq) {
    const tokens = child(iq, 'tokens');
    if (tokens) return this.#issue(connection, iq, tokens);
    const account = connection.device.account;
    const categories = children(child(iq, 'privacy'), 'category');
    if (categories.some((c) => !(c.attrs.name in account.privacy) || !PRIVACY_VALUES.has(c.attrs.value)))
      return connection.error(iq, 400, 'bad-request');
    for (const {
      attrs: { name, value },
    } of categories)
      account.privacy[name] = value;
    connection.result(iq, [node('privacy', {}, categories)]);
    return this.#tell(account, 'account_sync', node('privacy', {}, categories), { ownOnly: true });
  }

  #issue(connection, iq, tokens) {
    for (const {
      attrs: { jid, t },
    } of children(tokens, 'token')) {
      const receiver = this.server.directory.account(jid);
      if (receiver) this.giveToken(connection.device.account, receiver, t);
    }
    connection.result(iq, [node('tokens', {})]);
  }

  // `owner` lets `receiver` write: the receiver gets a token to show, one a week.
  giveToken(owner, receiver, t) {
    const week = Math.floor(Number(t ?? this.server.time()) / WEEK_S);
    const known = receiver.tokens.get(owner.lid);
    if (known && receiver.tokenWeeks.get(owner.lid) === week) return known;
    const token = crypto.randomBytes(16);
    receiver.tokenWeeks.set(owner.lid, week);
    receiver.tokens.set(owner.lid, token);
    this.server.journal.event('token-given', { owner: owner.pn, receiver: receiver.pn });
    for (const device of receiver.devices.values()) {
      if (device.isPhone) continue;
      device.deliver(
        node(
          'notification',
          {
            from: owner.jid('pn'),
            sender_lid: owner.jid('lid'),
            type: 'privacy_token',
            id: this.server.nextId('token'),
            t: this.server.time(),
          },
          [
            node('tokens', {}, [
              node('token', { type: 'trusted_contact', t: t ?? this.server.time() }, token),
            ]),
          ],
        ),
      );
    }
    return token;
  }

  setTimer(connection, iq) {
    connection.device.account.timer = Number(child(iq, 'disappearing_mode')?.attrs.duration ?? 0);
    connection.result(iq);
  }

  getTimer(connection, iq) {
    connection.result(iq, [
      node('disappearing_mode', { duration: `${connection.device.account.timer ?? 0}`, t: '0' }),
    ]);
  }

  // --- block list ---

  #hash(account) {
    return crypto
      .createHash('md5')
      .update([...account.blocked].sort().join())
      .digest('hex');
  }

  getBlocked(connection, iq) {
    const account = connection.device.account;
    const items = [...account.blocked].map((lid) =>
      node('item', { jid: `${lid}@lid`, pn_jid: this.server.directory.byLid.get(lid)?.jid('pn') ?? '' }),
    );
    connection.result(iq, [node('list', { dhash: this.#hash(account) }, items)]);
  }

  setBlocked(connection, iq) {
    const account = connection.device.account;
    const { action, jid, pn_jid: pn } = child(iq, 'item')?.attrs ?? {};
    const other = this.server.directory.account(jid) ?? this.server.directory.account(pn);
    if (!other || !['block', 'unblock'].includes(action)) return connection.error(iq, 400, 'bad-request');
    if (action === 'block') account.blocked.add(other.lid);
    else account.blocked.delete(other.lid);
    connection.result(iq, [node('list', { dhash: this.#hash(account), matched: 'true' })]);
    return this.#tell(
      account,
      'account_sync',
      node('blocklist', { action: 'modify', dhash: this.#hash(account) }, [
        node('item', { action, jid: other.jid('lid'), pn_jid: other.jid('pn') }),
      ]),
      { ownOnly: true },
    );
  }
}
