// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The part of the control side that speaks for phones: accounts, linking, sending, what was decrypted, history, app state.

import { fromJson, node } from './wire.mjs';

export function accountRoutes(server) {
  const account = (phone) => {
    const name = decodeURIComponent(phone);
    const found = server.directory.account(name.includes('@') ? name : `${name}@s.whatsapp.net`);
    if (!found) throw new ReferenceError(`there is no account ${name}`);
    return found;
  };
  const companion = (owner, id) => {
    const device = id ? owner.devices.get(Number(id)) : [...owner.devices.values()].find((d) => !d.isPhone);
    if (!device) throw new ReferenceError(`${owner.pn} has no such companion`);
    return device;
  };
  const linked = (device) => ({ device: device.id, jid: device.jid('pn'), lid: device.jid('lid') });
  return {
    'GET /accounts': () => server.directory.all.map((a) => a.describe()),
    'POST /accounts': (body) =>
      Array.isArray(body.accounts)
        ? body.accounts.map((one) => server.createAccount(one).describe())
        : server.createAccount(body).describe(),
    'GET /accounts/:phone': (_, { phone }) => account(phone).describe(),
    'POST /accounts/:phone': (body, { phone }) => {
      const one = account(phone);
      for (const [name, key] of [
        ['migrated', 'migrated'],
        ['name', 'pushName'],
        ['requires_token', 'requiresToken'],
        ['refusal', 'refusal'],
        ['about', 'about'],
        ['props', 'props'],
        ['time_lock', 'timeLock'],
      ])
        if (name in body) one[key] = body[name];
      for (const [name, key] of [
        ['decrypt', 'decrypts'],
        ['receipts', 'sendsReceipts'],
      ])
        if (name in body) one.phone[key] = body[name];
      Object.assign(one.privacy, body.privacy);
      for (const other of body.audience ?? []) one.statusAudience.add(account(other));
      return one.describe();
    },
    'POST /accounts/:phone/scan': async ({ qr, ...options }, { phone }) =>
      linked(await server.pairing.scan(account(phone), qr, options)),
    'POST /accounts/:phone/code': async ({ code, ...options }, { phone }) =>
      linked(await server.linkcode.enter(account(phone), code, options)),
    'POST /accounts/:phone/refresh-code': (_, { phone }) => {
      server.linkcode.refresh(account(phone));
      return {};
    },
    'POST /accounts/:phone/send': (body, { phone }) =>
      account(phone).phone.outbox.send({ ...body, children: fromJson(body.children) }),
    // Many texts one after the other: # in the text is the number.
    'POST /accounts/:phone/burst': async ({ to, text, first = 0, count, ...more }, { phone }) => {
      const { phone: sender } = account(phone);
      const ids = [];
      for (let i = first; i < first + count; i += 1)
        ids.push(
          (await sender.outbox.send({ to, text: (text ?? 'message #').replace('#', `${i}`), ...more })).id,
        );
      return { ids };
    },
    'GET /accounts/:phone/inbox': (_, { phone }, query) =>
      account(phone).phone.messages(Number(query.get('after') ?? 0)),
    'GET /accounts/:phone/heard': (_, { phone }, query) =>
      account(phone).phone.heard.since(Number(query.get('after') ?? 0)),
    'POST /accounts/:phone/receipt': (body, { phone }) => {
      account(phone).phone.confirm(body);
      return {};
    },
    'POST /accounts/:phone/presence': ({ available }, { phone }) => {
      server.presence.set(account(phone).phone, available ?? true);
      return {};
    },
    'POST /accounts/:phone/chatstate': ({ to, state, media }, { phone }) => {
      server.presence.chatstate(
        account(phone).phone,
        node('chatstate', { to }, [node(state ?? 'composing', media ? { media } : {})]),
      );
      return {};
    },
    'POST /accounts/:phone/unlink': ({ device }, { phone }) => {
      server.unlink(companion(account(phone), device));
      return {};
    },
    'POST /accounts/:phone/reregister': (_, { phone }) => {
      server.reregister(account(phone));
      return account(phone).describe();
    },
    'POST /accounts/:phone/forget-session': ({ with: other, device }, { phone }) => {
      account(phone).phone.signal.drop(companionOrPhone(account(other), device));
      return {};
    },
    // The next messages that the phone gets are damaged, so that it asks for them again.
    'POST /accounts/:phone/corrupt': ({ times }, { phone }) => {
      account(phone).phone.corrupts = times ?? 1;
      return {};
    },
    'POST /accounts/:phone/token': ({ to, t }, { phone }) => ({
      base64: server.profile.giveToken(account(phone), account(to), t && `${t}`).toString('base64'),
    }),
    'POST /accounts/:phone/peer': async ({ device, message, ...more }, { phone }) => ({
      id: await account(phone).phone.enqueue(() =>
        account(phone).phone.outbox.sendPeer(companion(account(phone), device), message, more),
      ),
    }),
    'POST /accounts/:phone/history': async ({ device, base64, ...body }, { phone }) => {
      const one = account(phone);
      return {
        id: await one.phone.enqueue(() =>
          one.phone.primary.history(companion(one, device), {
            ...body,
            bytes: base64 && Buffer.from(base64, 'base64'),
          }),
        ),
      };
    },
    'POST /accounts/:phone/keys': async ({ device, fresh }, { phone }) => {
      const one = account(phone);
      const { primary } = one.phone;
      const keys = fresh ? [primary.makeKey()] : [...primary.keys.values()];
      return { id: await one.phone.enqueue(() => primary.shareKeys(companion(one, device), keys)) };
    },
    'POST /accounts/:phone/appstate': ({ collection, mutations, ...more }, { phone }) =>
      account(phone).phone.appState.write(collection, mutations, more),
    'GET /accounts/:phone/appstate/:collection': (_, { phone, collection }) =>
      account(phone).phone.appState.list(collection),
    'POST /accounts/:phone/mappings': async ({ device, accounts, stamp }, { phone }) => {
      const one = account(phone);
      return {
        id: await one.phone.enqueue(() =>
          one.phone.primary.shareMappings(
            companion(one, device),
            (accounts ?? server.directory.all.map((a) => a.pn)).map(account),
            { stamp },
          ),
        ),
      };
    },
  };
}

function companionOrPhone(owner, id) {
  const device = owner.devices.get(Number(id ?? 0));
  if (!device) throw new ReferenceError(`${owner.pn} has no device ${id}`);
  return device;
}
