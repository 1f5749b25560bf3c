// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Presence and typing: told to those who asked for it, at once or never.

import { children, formOf, isUser, node } from './wire.mjs';

export class Presence {
  constructor(server) {
    this.server = server;
    this.watchers = new Map();
  }

  handle(connection, stanza) {
    const device = connection.device;
    if (!device) return;
    const { type, to, name } = stanza.attrs;
    if (type === 'subscribe') this.#subscribe(device, to);
    else this.set(device, type ? type !== 'unavailable' : device.isAvailable, name);
  }

  #subscribe(device, to) {
    const account = this.server.directory.account(to);
    if (!account) return;
    if (!this.watchers.has(account)) this.watchers.set(account, new Map());
    this.watchers.get(account).set(device, formOf(to));
    this.#tell(device, account, formOf(to));
  }

  #tell(device, account, form) {
    const here = [...account.devices.values()].some((d) => d.isOnline && d.isAvailable);
    device.whisper(
      node(
        'presence',
        here
          ? { from: account.jid(form) }
          : {
              from: account.jid(form),
              type: 'unavailable',
              last: account.lastSeen ? `${account.lastSeen}` : 'deny',
            },
      ),
    );
  }

  set(device, isAvailable, name) {
    if (name && name !== device.account.pushName) device.account.pushName = name;
    device.isAvailable = isAvailable;
    device.account.lastSeen = Number(this.server.time());
    this.server.journal.event('presence', { device: device.name, available: isAvailable, name });
    for (const [watcher, form] of this.watchers.get(device.account) ?? [])
      this.#tell(watcher, device.account, form);
  }

  left(device) {
    for (const watchers of this.watchers.values()) watchers.delete(device);
    if (device.isAvailable) this.set(device, false);
  }

  // <chatstate to=...><composing/></chatstate>
  chatstate(device, stanza) {
    const { to } = stanza.attrs;
    const state = children(stanza);
    this.server.journal.event('chatstate', {
      device: device.name,
      to,
      state: state[0]?.tag,
      media: state[0]?.attrs.media,
    });
    if (isUser(to)) {
      for (const target of this.server.directory.account(to)?.devices.values() ?? [])
        target.whisper(node('chatstate', { from: device.account.jid(formOf(to)) }, state));
      return;
    }
    const group = this.server.groups.find(to);
    for (const account of group?.accounts() ?? []) {
      if (account === device.account) continue;
      for (const target of account.devices.values())
        target.whisper(node('chatstate', { from: to, participant: device.account.jid(group.form) }, state));
    }
  }
}
