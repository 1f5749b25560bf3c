// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// USync: one query for many users and many protocols, answered in the form (number or LID) that was asked.

import { bare, bytesOf, child, children, formOf, node } from './wire.mjs';

function deviceList(account) {
  const devices = [...account.devices.values()];
  const companions = devices.filter((d) => d.id);
  const list = node(
    'device-list',
    { hash: '2:double' },
    devices.map((d) => node('device', d.id ? { id: `${d.id}`, 'key-index': `${d.keyIndex}` } : { id: '0' })),
  );
  if (!companions.length) return [list];
  const { bytes, timestamp } = account.keyIndexList();
  return [list, node('key-index-list', { ts: `${timestamp}` }, bytes)];
}

// protocol -> (account, asked node, server) -> node
const PROTOCOLS = {
  devices: (account) => node('devices', {}, deviceList(account)),
  lid: (account) => node('lid', { val: account.jid('lid') }),
  contact: (account, asked) => node('contact', { type: account ? 'in' : 'out' }, asked ?? undefined),
  status: (account) =>
    account.privacy.status === 'none'
      ? node('status', { code: '401', t: '0' })
      : node('status', { t: '1764000000' }, Buffer.from(account.about)),
  picture: (account) => node('picture', account.picture ? { id: account.picture.id } : {}),
  disappearing_mode: (account) => node('disappearing_mode', { duration: `${account.timer ?? 0}`, t: '0' }),
  business: (account) => node('business', {}, account.business ? [node('verified_name', {})] : []),
  username: () => node('username', {}),
  bot: () => node('bot', {}),
};

export class Usync {
  constructor(server) {
    this.server = server;
  }

  get(connection, iq) {
    const usync = child(iq, 'usync');
    const protocols = children(child(usync, 'query'));
    const users = children(child(usync, 'list'), 'user')
      .map((user) => this.#user(user, protocols))
      .filter(Boolean);
    this.server.journal.count('usync_users', users.length);
    connection.result(iq, [
      node('usync', { ...usync.attrs }, [
        node(
          'result',
          {},
          protocols.map((p) => node(p.tag, {})),
        ),
        node('list', {}, users),
      ]),
    ]);
  }

  #find(user) {
    const asked = bytesOf(user, 'contact')?.toString('utf8');
    if (!asked) return { jid: user.attrs.jid, account: this.server.directory.account(user.attrs.jid) };
    const digits = asked.split('@')[0].replace(/\D/g, '');
    const account = this.server.directory.byPn.get(digits);
    return { asked, account, jid: account?.jid('pn') ?? `${digits}@s.whatsapp.net` };
  }

  #user(user, protocols) {
    const { jid, account, asked } = this.#find(user);
    if (!jid) return null;
    const isContact = protocols.some((p) => p.tag === 'contact');
    const wantsLid = protocols.some((p) => p.tag === 'contact' && p.attrs?.addressing_mode === 'lid');
    const answered = wantsLid && account ? account.jid('lid') : bare(jid);
    if (!account) {
      return node(
        'user',
        { jid: answered },
        isContact
          ? [PROTOCOLS.contact(null, asked && Buffer.from(asked))]
          : protocols.map((p) =>
              node(p.tag, {}, p.tag === 'devices' ? [node('error', { code: '404' })] : undefined),
            ),
      );
    }
    const attrs = { jid: answered };
    if (isContact) attrs.pn_jid = account.jid('pn');
    if (this.server.faults.usyncEmpty(formOf(answered), account)) return node('user', attrs, []);
    return node(
      'user',
      attrs,
      protocols
        .filter((p) => PROTOCOLS[p.tag])
        .map((p) => PROTOCOLS[p.tag](account, asked && Buffer.from(asked))),
    );
  }
}
