// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Groups: who is in them, what they are called and may do, and the notification to all for each change. Operations come as
// <iq xmlns="w:g2"> from companions and by the control side from phones; both end in the same methods.

import crypto from 'node:crypto';
import { Group } from './group.mjs';
import { child, children, node, now, textOf } from './wire.mjs';

const SUBJECT_MAX = 100;
const MEMBERS_MAX = 1024;
const INVITE_VALID_S = 3 * 86400;

// child of a set -> how it changes the group; each is told to all as it stands here
const SETTINGS = {
  announcement: (g) => {
    g.announcement = true;
  },
  not_announcement: (g) => {
    g.announcement = false;
  },
  locked: (g) => {
    g.locked = true;
  },
  unlocked: (g) => {
    g.locked = false;
  },
  ephemeral: (g, n) => {
    g.ephemeral = Number(n.attrs.expiration);
  },
  not_ephemeral: (g) => {
    g.ephemeral = 0;
  },
  member_add_mode: (g, n) => {
    g.memberAddMode = textOf(n);
  },
  membership_approval_mode: (g, n) => {
    g.approval = child(n, 'group_join')?.attrs.state === 'on';
  },
};

// What a member who is no admin may do, and when.
const OPEN_TO_MEMBERS = {
  subject: (g) => !g.locked,
  description: (g) => !g.locked,
  add: (g) => g.memberAddMode !== 'admin_add',
};

export class Groups {
  constructor(server) {
    this.server = server;
    this.byJid = new Map();
    this.byInvite = new Map();
  }

  find(jid) {
    return this.byJid.get(jid);
  }

  // --- what happens to groups; `by` is an account ---

  create(by, { subject, members, form, jid, announcement, ephemeral }) {
    const group = new Group({ jid, subject, form: form ?? this.server.options.group_form, creator: by });
    group.members.set(by, 'superadmin');
    for (const account of members) if (account !== by) group.members.set(account, '');
    if (announcement) group.announcement = true;
    if (ephemeral) group.ephemeral = ephemeral;
    this.byJid.set(group.jid, group);
    this.byInvite.set(group.invite, group);
    this.#tell(group, by, node('create', { type: 'new', key: 'double' }, [group.toNode()]));
    return group;
  }

  #tell(group, by, content, others = []) {
    group.epoch += 1;
    for (const account of new Set([...group.accounts(), ...others])) {
      for (const device of account.devices.values()) {
        const attrs = {
          from: group.jid,
          type: 'w:gp2',
          id: this.server.nextId('group'),
          t: this.server.time(),
          notify: by.pushName,
          addressing_mode: group.form,
          ...group.actor(by),
        };
        device.deliver(node('notification', attrs, [content]));
      }
    }
  }

  // action: add, remove, promote, demote. Returns the participants' nodes, each with its error if it failed.
  change(group, by, action, accounts) {
    const answers = [];
    const done = [];
    for (const account of accounts) {
      const error = this.#changeOne(group, action, account);
      answers.push(group.participant(account, error ? { error } : {}));
      if (!error) done.push(account);
    }
    if (done.length)
      this.#tell(
        group,
        by,
        node(
          action,
          {},
          done.map((a) => group.participant(a)),
        ),
        done,
      );
    return answers;
  }

  #changeOne(group, action, account) {
    const isMember = group.has(account);
    if (action === 'add') {
      if (isMember) return '409';
      if (account.privacy.groupadd === 'none') return '403';
      if (group.members.size >= MEMBERS_MAX) return '419';
      group.members.set(account, '');
      return null;
    }
    if (!isMember) return '404';
    if (action === 'remove') group.members.delete(account);
    else group.members.set(account, action === 'promote' ? 'admin' : '');
    return null;
  }

  leave(group, by) {
    const left = group.participant(by);
    group.members.delete(by);
    this.#tell(group, by, node('remove', {}, [left]), [by]);
  }

  setSubject(group, by, subject) {
    Object.assign(group, { subject, subjectBy: by, subjectAt: now() });
    this.#tell(group, by, node('subject', { subject, s_t: `${group.subjectAt}`, s_o: by.jid(group.form) }));
  }

  setDescription(group, by, { id, body }) {
    group.description = body === null ? null : { id, body, t: now(), by };
    this.#tell(
      group,
      by,
      body === null
        ? node('description', { delete: 'true' })
        : node('description', { id, t: `${now()}` }, [node('body', {}, Buffer.from(body))]),
    );
  }

  setting(group, by, content) {
    SETTINGS[content.tag](group, content);
    this.#tell(group, by, content);
  }

  revokeInvite(group, by) {
    this.byInvite.delete(group.invite);
    group.invite = crypto.randomBytes(16).toString('base64url');
    this.byInvite.set(group.invite, group);
    this.#tell(group, by, node('invite', { code: group.invite }));
  }

  join(group, by) {
    group.members.set(by, '');
    this.#tell(group, by, node('add', { reason: 'invite' }, [group.participant(by)]));
  }

  // --- <iq xmlns="w:g2"> ---

  get(connection, iq) {
    const { to } = iq.attrs;
    const account = connection.device.account;
    if (child(iq, 'participating'))
      return connection.result(iq, [
        node(
          'groups',
          {},
          this.#of(account).map((g) => g.toNode()),
        ),
      ]);
    if (child(iq, 'invite')?.attrs.code)
      return this.#invited(connection, iq, (group) => connection.result(iq, [group.toNode()]));
    const group = this.find(to);
    if (!group) return connection.error(iq, 404, 'item-not-found');
    if (!group.has(account)) return connection.error(iq, 403, 'forbidden');
    if (child(iq, 'query')) return connection.result(iq, [group.toNode()]);
    if (child(iq, 'invite'))
      return group.isAdmin(account)
        ? connection.result(iq, [node('invite', { code: group.invite })])
        : connection.error(iq, 403, 'forbidden');
    if (child(iq, 'membership_approval_requests'))
      return connection.result(iq, [
        node(
          'membership_approval_requests',
          {},
          [...group.requests].map(([a, t]) =>
            node('membership_approval_request', { jid: a.jid(group.form), request_time: `${t}` }),
          ),
        ),
      ]);
    return connection.error(iq, 400, 'bad-request');
  }

  #of(account) {
    return [...this.byJid.values()].filter((g) => g.has(account));
  }

  #invited(connection, iq, then) {
    const group = this.byInvite.get(child(iq, 'invite').attrs.code);
    return group ? then(group) : connection.error(iq, 406, 'not-acceptable');
  }

  set(connection, iq) {
    const by = connection.device.account;
    const content = children(iq)[0];
    if (content?.tag === 'create') return this.#create(connection, iq, by, content);
    if (content?.tag === 'leave') return this.#leave(connection, iq, by, content);
    if (content?.tag === 'invite' && content.attrs.code)
      return this.#invited(connection, iq, (group) => this.#join(connection, iq, by, group));
    const group = this.find(iq.attrs.to);
    if (!group) return connection.error(iq, 404, 'item-not-found');
    if (content?.tag === 'accept') return this.#accept(connection, iq, by, group, content);
    if (!group.has(by)) return connection.error(iq, 403, 'forbidden');
    return this.#setOne(connection, iq, by, group, content);
  }

  #setOne(connection, iq, by, group, content) {
    const { tag } = content ?? {};
    if (!group.isAdmin(by) && !OPEN_TO_MEMBERS[tag]?.(group)) return connection.error(iq, 403, 'forbidden');
    if (['add', 'remove', 'promote', 'demote'].includes(tag))
      return this.#members(connection, iq, by, group, content);
    if (tag === 'subject') return this.#subject(connection, iq, by, group, textOf(content));
    if (tag === 'description') return this.#description(connection, iq, by, group, content);
    if (tag === 'invite') {
      this.revokeInvite(group, by);
      return connection.result(iq, [node('invite', { code: group.invite })]);
    }
    if (tag === 'membership_requests_action') return this.#requests(connection, iq, by, group, content);
    if (tag === 'revoke') return connection.result(iq, [content]);
    if (!SETTINGS[tag]) return connection.error(iq, 400, 'bad-request');
    connection.result(iq);
    return this.setting(group, by, content);
  }

  #named(content) {
    return children(content, 'participant').map((p) => [
      p.attrs.jid,
      this.server.directory.account(p.attrs.jid),
    ]);
  }

  #create(connection, iq, by, content) {
    const named = this.#named(content);
    const group = this.create(by, {
      subject: content.attrs.subject,
      members: named.map(([, a]) => a).filter((a) => a && a.privacy.groupadd !== 'none'),
      announcement: Boolean(child(content, 'announcement')),
      ephemeral: Number(child(content, 'ephemeral')?.attrs.expiration ?? 0),
    });
    const described = child(content, 'description');
    if (described) group.description = { id: described.attrs.id, body: textOf(described, 'body'), t: now(), by };
    if (child(content, 'locked')) group.locked = true;
    const answer = group.toNode();
    for (const [jid, account] of named) {
      if (!account) answer.content.push(node('participant', { jid, error: '404' }));
      else if (!group.has(account)) answer.content.push(group.participant(account, { error: '403' }));
    }
    connection.result(iq, [answer]);
  }

  #leave(connection, iq, by, content) {
    const left = children(content, 'group').map(({ attrs: { id } }) => {
      const group = this.find(id.includes('@') ? id : `${id}@g.us`);
      if (!group?.has(by)) return node('group', { id, error: '404' });
      this.leave(group, by);
      return node('group', { id });
    });
    connection.result(iq, [node('leave', {}, left)]);
  }

  #members(connection, iq, by, group, content) {
    const named = this.#named(content);
    if (
      named.some(([jid]) => jid.endsWith('@lid') !== (group.form === 'lid')) &&
      this.server.isStrict(by)
    )
      return connection.error(iq, 400, 'bad-request');
    const known = this.change(group, by, content.tag, named.map(([, account]) => account).filter(Boolean));
    for (const answer of known)
      if (answer.attrs.error === '403')
        answer.content = [
          node('add_request', { code: group.invite, expiration: `${now() + INVITE_VALID_S}` }),
        ];
    const unknown = named
      .filter(([, account]) => !account)
      .map(([jid]) => node('participant', { jid, error: '404' }));
    return connection.result(iq, [node(content.tag, {}, [...known, ...unknown])]);
  }

  #subject(connection, iq, by, group, subject) {
    if (!subject || subject.length > SUBJECT_MAX) return connection.error(iq, 406, 'not-acceptable');
    connection.result(iq);
    return this.setSubject(group, by, subject);
  }

  #description(connection, iq, by, group, content) {
    const { id, prev, delete: isGone } = content.attrs;
    if ((prev ?? undefined) !== (group.description?.id ?? undefined))
      return connection.error(iq, 409, 'conflict');
    connection.result(iq);
    return this.setDescription(group, by, { id, body: isGone ? null : textOf(content, 'body') });
  }

  #join(connection, iq, by, group) {
    if (group.has(by)) return connection.error(iq, 409, 'conflict');
    if (group.approval) {
      group.requests.set(by, now());
      this.#tell(
        group,
        by,
        node('created_membership_requests', { request_method: 'invite_link' }, [group.participant(by)]),
      );
      return connection.result(iq, [node('membership_approval_request', { jid: group.jid })]);
    }
    this.join(group, by);
    return connection.result(iq, [node('group', { jid: group.jid })]);
  }

  #accept(connection, iq, by, group, { attrs: { code, expiration } }) {
    if (code !== group.invite || Number(expiration) < now())
      return connection.error(iq, 406, 'not-acceptable');
    if (!group.has(by)) this.join(group, by);
    connection.send(node('iq', { from: group.jid, type: 'result', id: iq.attrs.id }));
    return undefined;
  }

  #requests(connection, iq, by, group, content) {
    const action = children(content)[0];
    const answers = this.#named(action).map(([jid, account]) => {
      if (!account || !group.requests.delete(account)) return node('participant', { jid, error: '404' });
      if (action.tag === 'approve') this.join(group, account);
      return group.participant(account);
    });
    return connection.result(iq, [node('membership_requests_action', {}, [node(action.tag, {}, answers)])]);
  }
}
