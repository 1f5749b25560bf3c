// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Calls without media, and channels that only give: both begin on the control side.

import crypto from 'node:crypto';
import { bytesOf, child, children, formOf, node, proto } from './wire.mjs';

export class Calls {
  constructor(server) {
    this.server = server;
  }

  // A phone calls an account: an offer to each companion.
  offer(from, to, { id, video, form, tag } = {}) {
    const call = id ?? crypto.randomBytes(16).toString('hex').toUpperCase();
    const shape = form ?? 'lid';
    const content = video
      ? [node('audio', { enc: 'opus', rate: '16000' }), node('video', { dec: 'vp8' })]
      : [node('audio', { enc: 'opus', rate: '16000' })];
    for (const device of to.devices.values()) {
      if (device.isPhone) continue;
      device.deliver(
        node(
          'call',
          {
            from: from.jid(shape),
            id: this.server.nextId('call'),
            t: this.server.time(),
            platform: 'android',
            version: '2.26.1',
            notify: from.pushName,
          },
          [
            node(
              tag ?? 'offer',
              { 'call-id': call, 'call-creator': from.phone.jid(shape), caller_pn: from.jid('pn') },
              content,
            ),
          ],
        ),
      );
    }
    return call;
  }

  handle(connection, stanza) {
    const [what] = children(stanza);
    const account = this.server.directory.account(stanza.attrs.to);
    this.server.journal.event('call', {
      by: connection.name,
      to: stanza.attrs.to,
      tag: what?.tag,
      call: what?.attrs['call-id'],
      creator: what?.attrs['call-creator'],
    });
    connection.send(
      node('ack', { class: 'call', id: stanza.attrs.id, from: stanza.attrs.to, type: what?.tag ?? '' }),
    );
    if (!account || !connection.device) return;
    for (const device of account.devices.values()) {
      device.deliver(
        node(
          'call',
          {
            from: connection.device.jid(formOf(stanza.attrs.to)),
            id: this.server.nextId('call'),
            t: this.server.time(),
          },
          [what],
        ),
      );
    }
  }
}

export class Newsletters {
  constructor(server) {
    this.server = server;
    this.byJid = new Map();
  }

  create({ jid, name, description }) {
    const newsletter = {
      jid: jid ?? `1203${crypto.randomInt(1e13, 2 ** 46)}@newsletter`,
      name,
      description: description ?? '',
      subscribers: new Set(),
      posts: [],
    };
    this.byJid.set(newsletter.jid, newsletter);
    return newsletter;
  }

  subscribe(jid, account) {
    this.byJid.get(jid)?.subscribers.add(account);
  }

  // message: a Message as JSON; travels as it is, not encrypted and not padded.
  publish(jid, message) {
    const newsletter = this.byJid.get(jid);
    if (!newsletter) throw new RangeError('there is no such channel');
    const post = {
      id: crypto.randomBytes(16).toString('hex').toUpperCase(),
      serverId: newsletter.posts.length + 100,
      t: this.server.time(),
      bytes: Buffer.from(proto.Message.encode(proto.Message.fromObject(message)).finish()),
    };
    newsletter.posts.push(post);
    for (const account of newsletter.subscribers)
      for (const device of account.devices.values())
        if (!device.isPhone) device.deliver(this.#node(newsletter, post, { from: jid }));
    return { id: post.id, server_id: post.serverId };
  }

  #node(newsletter, post, more) {
    return node('message', { ...more, id: post.id, server_id: `${post.serverId}`, t: post.t, type: 'text' }, [
      node('plaintext', {}, post.bytes),
    ]);
  }

  // Channels are read only here.
  post(sender, stanza) {
    this.server.journal.event('newsletter-post', { by: sender.name, to: stanza.attrs.to });
    return 0;
  }

  get(connection, iq) {
    const newsletter = this.byJid.get(iq.attrs.to);
    const asked = child(iq, 'messages');
    if (!newsletter) return connection.error(iq, 404, 'item-not-found');
    if (!asked) return connection.result(iq, [node('live_updates', { duration: '300' })]);
    const { count, before, after } = asked.attrs;
    const posts = newsletter.posts.filter(
      (p) => (!before || p.serverId < Number(before)) && (!after || p.serverId > Number(after)),
    );
    const page = after ? posts.slice(0, Number(count)) : posts.slice(-Number(count));
    return connection.result(iq, [
      node(
        'messages',
        { jid: newsletter.jid, t: this.server.time() },
        page.map((p) => this.#node(newsletter, p, {})),
      ),
    ]);
  }

  set(connection, iq) {
    connection.result(iq, [node('live_updates', { duration: '300' })]);
  }

  // <iq xmlns="w:mex">: what channels and accounts are asked in JSON.
  mex(connection, iq) {
    const query = child(iq, 'query');
    const variables = JSON.parse(bytesOf(query)?.toString('utf8') || '{}').variables ?? {};
    const answer = this.#mexAnswer(connection.device.account, query.attrs.query_id, variables);
    this.server.journal.event('mex', { by: connection.name, query: query.attrs.query_id, variables });
    connection.result(iq, [
      node(
        'result',
        {},
        Buffer.from(
          JSON.stringify(
            answer
              ? { data: answer }
              : { data: null, errors: [{ message: 'unknown query', extensions: { error_code: 400 } }] },
          ),
        ),
      ),
    ]);
  }

  #describe(newsletter, account) {
    return {
      id: newsletter.jid,
      state: { type: 'ACTIVE' },
      thread_metadata: {
        name: { text: newsletter.name, id: '1', update_time: '0' },
        description: { text: newsletter.description, id: '1', update_time: '0' },
        subscribers_count: `${newsletter.subscribers.size}`,
        creation_time: '1764000000',
        verification: 'UNVERIFIED',
        invite: 'double',
        settings: { reaction_codes: { value: 'ALL' } },
      },
      viewer_metadata: { role: newsletter.subscribers.has(account) ? 'SUBSCRIBER' : 'GUEST', mute: 'OFF' },
    };
  }

  #mexAnswer(account, id, variables) {
    const newsletter = this.byJid.get(variables.newsletter_id ?? variables.input?.key);
    const lock = account.timeLock;
    const answers = {
      6563316087068696: () => newsletter && { xwa2_newsletter: this.#describe(newsletter, account) },
      6388546374527196: () => ({
        xwa2_newsletter_subscribed: [...this.byJid.values()]
          .filter((n) => n.subscribers.has(account))
          .map((n) => this.#describe(n, account)),
      }),
      9926858900719341: () =>
        newsletter &&
        (newsletter.subscribers.add(account), { xwa2_newsletter_join_v2: { id: newsletter.jid } }),
      6392786840836363: () =>
        newsletter &&
        (newsletter.subscribers.delete(account), { xwa2_newsletter_leave_v2: { id: newsletter.jid } }),
      23983697327930364: () => ({
        xwa2_fetch_account_reachout_timelock: {
          is_active: Boolean(lock),
          time_enforcement_ends: `${lock ?? 0}`,
          enforcement_type: 'DEFAULT',
        },
      }),
    };
    return answers[id]?.() ?? null;
  }
}
