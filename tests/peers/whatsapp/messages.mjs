// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Messages: what one device hands in goes to every device it named, in the form of address it chose, and is acknowledged.
// Nothing here looks inside; what is checked is what WhatsApp's servers check: forms, membership, tokens, repeats.

import crypto from 'node:crypto';
import { checkDeviceIdentity } from './accounts.mjs';
import { SERVER, bytesOf, child, children, formOf, isUser, node, parseJid } from './wire.mjs';

const PASSED_ATTRS = ['edit', 'category', 'push_priority', 'expiration', 'privacy_sensitive'];
const PASSED_CHILDREN = new Set(['meta', 'reporting', 'biz', 'multicast', 'bot']);
const SEEN_MAX = 20000;

export function participantHash(jids) {
  const sorted = jids
    .map((jid) => {
      const { user, device, server } = parseJid(jid);
      return `${user}.0:${device}@${server}`;
    })
    .sort();
  const digest = crypto.createHash('sha256').update(sorted.join('')).digest();
  return `2:${digest.subarray(0, 6).toString('base64').replace(/=+$/, '')}`;
}

// Which form the addresses of a stanza have; null when they are mixed.
function commonForm(jids) {
  const forms = new Set(jids.filter(isUser).map(formOf));
  return forms.size > 1 ? null : [...forms][0];
}

export class Messages {
  constructor(server) {
    this.server = server;
    this.seen = new Map();
    this.hashes = new Map();
  }

  handle(connection, stanza) {
    const sender = connection.device;
    const { to, id } = stanza.attrs;
    if (!sender || !to || !id) return;
    if (connection.step('message')) return;
    const forced = this.server.faults.refusal(sender, stanza);
    const refusal = forced ?? this.#refusal(sender, stanza);
    if (refusal) {
      this.server.journal.event('message-refused', { from: sender.name, to, id, error: refusal });
      this.#ack(sender, stanza, { error: `${refusal}` });
      return;
    }
    this.accept(sender, stanza);
  }

  // From a companion's connection or from a phone in this process.
  accept(sender, stanza) {
    const { to, id } = stanza.attrs;
    const { participant = '' } = stanza.attrs;
    const key = `${sender.name}|${id}|${to}|${participant}|${child(stanza, 'enc')?.attrs.count ?? ''}`;
    const repeated = this.seen.has(key);
    const t = this.seen.get(key) ?? this.server.time();
    if (!repeated) {
      if (this.seen.size >= SEEN_MAX) this.seen.delete(this.seen.keys().next().value);
      this.seen.set(key, t);
    }
    this.#checkIdentity(sender, stanza);
    const reached = repeated && this.server.options.drop_repeats ? 0 : this.#dispatch(sender, stanza, t);
    this.server.journal.message({
      from: sender.name,
      to,
      id,
      type: stanza.attrs.type,
      edit: stanza.attrs.edit,
      t: Number(t),
      reached,
      repeated,
    });
    const injected = this.server.faults.ackAttrs(sender, stanza);
    this.#ack(sender, stanza, { t, ...this.#hashAnswer(sender, stanza), ...injected });
  }

  #ack(sender, stanza, more) {
    const attrs = { class: 'message', id: stanza.attrs.id, from: stanza.attrs.to };
    if (stanza.attrs.participant) attrs.participant = stanza.attrs.participant;
    if (this.server.faults.withholdsAck(sender)) return;
    sender.answer?.(stanza, more);
    sender.transmit(node('ack', { ...attrs, t: this.server.time(), ...more }));
  }

  // --- what is refused ---

  #refusal(sender, stanza) {
    const { to, category } = stanza.attrs;
    const named = children(child(stanza, 'participants'), 'to').map((n) => n.attrs.jid);
    if (sender.account.refusal && !isOwn(sender, to)) return sender.account.refusal;
    if (to.endsWith('@g.us')) return this.#groupRefusal(sender, stanza, named);
    if (to === 'status@broadcast')
      return named.some((jid) => formOf(jid) === 'pn') && this.server.isStrict(sender.account) ? 479 : null;
    if (!isUser(to)) return null;
    if (category === 'peer') return child(stanza, 'tctoken') ? 479 : null;
    const form = commonForm([to, ...named]);
    if (!form) return 400;
    if (!this.server.directory.account(to)) return 404;
    if (this.server.isStrict(sender.account) && (form === 'lid') !== sender.account.migrated)
      return sender.account.migrated ? 463 : 400;
    return this.#tokenRefusal(sender, stanza);
  }

  #groupRefusal(sender, stanza, named) {
    const group = this.server.groups.find(stanza.attrs.to);
    if (!group) return 404;
    if (!group.has(sender.account)) return 403;
    if (group.announcement && !group.isAdmin(sender.account)) return 403;
    const form = commonForm(named);
    return form === null ||
      (named.length && form !== group.form) ||
      (stanza.attrs.addressing_mode && stanza.attrs.addressing_mode !== group.form)
      ? 421
      : null;
  }

  // A recipient may want a token from strangers.
  #tokenRefusal(sender, stanza) {
    const recipient = this.server.directory.account(stanza.attrs.to);
    if (!recipient.requiresToken || recipient === sender.account) return null;
    const expected = sender.account.tokens.get(recipient.lid);
    const given = bytesOf(stanza, 'tctoken');
    if (given && expected?.equals(given)) return null;
    this.server.journal.event('token-refused', {
      from: sender.name,
      to: recipient.pn,
      given: Boolean(given),
    });
    return 463;
  }

  // A pkmsg of a companion goes with its identity, signed by its phone and by itself.
  #checkIdentity(sender, stanza) {
    if (sender.isPhone) return;
    const bytes = bytesOf(stanza, 'device-identity');
    const needs =
      children(stanza, 'enc').some(isPreKeyMessage) ||
      children(child(stanza, 'participants'), 'to').some((to) => children(to, 'enc').some(isPreKeyMessage));
    if (needs && !bytes)
      this.server.journal.event('device-identity-missing', { from: sender.name, id: stanza.attrs.id });
    if (!bytes || sender.checkedIdentity?.equals(bytes)) return;
    if (checkDeviceIdentity(this.server.journal, sender.name, bytes, sender.identity))
      sender.checkedIdentity = bytes;
  }

  // --- who gets it ---

  #dispatch(sender, stanza, t) {
    const { to } = stanza.attrs;
    if (to.endsWith('@g.us')) return this.#toGroup(sender, stanza, t);
    if (to.endsWith('@broadcast')) return this.#toStatus(sender, stanza, t);
    if (to.endsWith('@newsletter')) return this.server.newsletters.post(sender, stanza, t);
    return this.#toUser(sender, stanza, t);
  }

  #common(stanza, t) {
    const attrs = { id: stanza.attrs.id, t, type: stanza.attrs.type ?? 'text' };
    for (const name of PASSED_ATTRS) if (stanza.attrs[name] !== undefined) attrs[name] = stanza.attrs[name];
    const passed = children(stanza).filter((c) => PASSED_CHILDREN.has(c.tag));
    return { attrs, passed, identity: child(stanza, 'device-identity') };
  }

  #content(encs, common) {
    const content = [...encs, ...common.passed];
    if (common.identity && encs.some(isPreKeyMessage)) content.push(common.identity);
    return content;
  }

  #addressed(sender, form, attrs) {
    return form === 'lid'
      ? {
          ...attrs,
          from: sender.jid('lid'),
          sender_pn: sender.account.jid('pn'),
          notify: sender.account.pushName,
        }
      : {
          ...attrs,
          from: sender.jid('pn'),
          sender_lid: sender.account.jid('lid'),
          notify: sender.account.pushName,
        };
  }

  #toUser(sender, stanza, t) {
    const { to, recipient } = stanza.attrs;
    const form = formOf(to);
    const common = this.#common(stanza, t);
    const attrs = this.#addressed(sender, form, common.attrs);
    const direct = children(stanza, 'enc');
    if (direct.length)
      return this.#toDevice(
        sender,
        this.server.directory.device(to),
        attrs,
        this.#content(direct, common),
        recipient,
      );
    let reached = 0;
    const chat = `${parseJid(to).user}@${form === 'lid' ? 'lid' : SERVER}`;
    for (const target of children(child(stanza, 'participants'), 'to')) {
      const device = this.server.directory.device(target.attrs.jid);
      if (device)
        reached += this.#toDevice(
          sender,
          device,
          attrs,
          this.#content(children(target, 'enc'), common),
          chat,
        );
      else this.server.journal.count('unknown_devices_named');
    }
    return reached;
  }

  #toDevice(sender, device, attrs, content, chat) {
    if (!device || device === sender) return 0;
    if (device.account === sender.account) return this.#toOwn(sender, device, attrs, content, chat);
    if (device.account.blocked.has(sender.account.lid)) return 0;
    sender.account.peers.add(device.account);
    device.account.peers.add(sender.account);
    device.deliver(node('message', attrs, content));
    return 1;
  }

  #toOwn(sender, device, attrs, content, chat) {
    const own = { ...attrs };
    const other = chat && this.server.directory.account(chat);
    if (chat && attrs.category !== 'peer' && other !== sender.account) {
      own.recipient = chat;
      if (other)
        own[formOf(chat) === 'lid' ? 'peer_recipient_pn' : 'peer_recipient_lid'] = other.jid(
          formOf(chat) === 'lid' ? 'pn' : 'lid',
        );
    }
    device.deliver(node('message', own, content));
    return 1;
  }

  #toGroup(sender, stanza, t) {
    const group = this.server.groups.find(stanza.attrs.to);
    const common = this.#common(stanza, t);
    const attrs = this.#groupAttrs(sender, group, common.attrs);
    const direct = children(stanza, 'enc');
    if (stanza.attrs.participant) {
      const device = this.server.directory.device(stanza.attrs.participant);
      device?.deliver(node('message', attrs, this.#content(direct, common)));
      return device ? 1 : 0;
    }
    const keyed = new Map();
    for (const target of children(child(stanza, 'participants'), 'to'))
      keyed.set(this.server.directory.device(target.attrs.jid), children(target, 'enc'));
    const plain = node('message', attrs, this.#content(direct, common));
    let reached = 0;
    for (const account of group.accounts()) {
      for (const device of account.devices.values()) {
        if (device === sender) continue;
        const own = keyed.get(device);
        device.deliver(
          own ? node('message', attrs, this.#content([...own, ...direct], common)) : { ...plain },
        );
        reached += 1;
      }
    }
    return reached;
  }

  #groupAttrs(sender, group, common) {
    const attrs = {
      ...common,
      from: group.jid,
      participant: sender.jid(group.form),
      notify: sender.account.pushName,
      addressing_mode: group.form,
    };
    attrs[group.form === 'lid' ? 'participant_pn' : 'participant_lid'] = sender.account.jid(
      group.form === 'lid' ? 'pn' : 'lid',
    );
    return attrs;
  }

  // The audience of a status is whoever was named, then or before.
  #toStatus(sender, stanza, t) {
    const common = this.#common(stanza, t);
    const direct = children(stanza, 'enc');
    const targets = children(child(stanza, 'participants'), 'to');
    const form = targets.length ? formOf(targets[0].attrs.jid) : 'lid';
    const attrs = {
      ...common.attrs,
      from: stanza.attrs.to,
      participant: sender.jid(form),
      notify: sender.account.pushName,
      [form === 'lid' ? 'participant_pn' : 'participant_lid']: sender.account.jid(
        form === 'lid' ? 'pn' : 'lid',
      ),
    };
    if (stanza.attrs.participant) {
      this.server.directory
        .device(stanza.attrs.participant)
        ?.deliver(node('message', attrs, this.#content(direct, common)));
      return 1;
    }
    const keyed = new Map();
    for (const target of targets) {
      keyed.set(this.server.directory.device(target.attrs.jid), children(target, 'enc'));
      const account = this.server.directory.account(target.attrs.jid);
      if (account) sender.account.statusAudience.add(account);
    }
    let reached = 0;
    for (const account of new Set([sender.account, ...sender.account.statusAudience])) {
      for (const device of account.devices.values()) {
        if (device === sender) continue;
        device.deliver(
          node('message', attrs, this.#content([...(keyed.get(device) ?? []), ...direct], common)),
        );
        reached += 1;
      }
    }
    return reached;
  }

  // --- the participant hash: named in the ack when the sender's list of devices is not ours ---

  #hashAnswer(sender, stanza) {
    const theirs = stanza.attrs.phash;
    if (!theirs) return {};
    const ours = this.#hash(sender, stanza.attrs.to);
    if (ours === theirs) return {};
    this.server.journal.event('phash-differs', { from: sender.name, to: stanza.attrs.to, theirs, ours });
    return { phash: ours };
  }

  #hash(sender, to) {
    const group = to.endsWith('@g.us') ? this.server.groups.find(to) : null;
    const key = group ? to : `${to}|${sender.account.pn}`;
    const epoch = `${this.server.deviceEpoch}|${group?.epoch}`;
    const known = this.hashes.get(key);
    if (known?.epoch === epoch) return known.hash;
    const form = group ? group.form : formOf(to);
    const accounts = group
      ? [...group.accounts()]
      : [...new Set([this.server.directory.account(to), sender.account])].filter(Boolean);
    const hash = participantHash(
      accounts.flatMap((account) => [...account.devices.values()].map((d) => d.jid(form))),
    );
    if (this.hashes.size >= SEEN_MAX) this.hashes.clear();
    this.hashes.set(key, { epoch, hash });
    return hash;
  }
}

function isPreKeyMessage(enc) {
  return enc.attrs.type === 'pkmsg';
}

function isOwn(sender, jid) {
  return isUser(jid) && sender.server.directory.account(jid) === sender.account;
}
