// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// One group: its members and settings, and how it looks in stanzas and to tests.

import crypto from 'node:crypto';
import { node, now } from './wire.mjs';

export class Group {
  constructor({ jid, subject, form, creator }) {
    this.jid = jid ?? `1203${crypto.randomInt(1e13, 2 ** 46)}@g.us`;
    this.form = form ?? 'lid';
    this.subject = subject;
    this.creator = creator;
    this.created = now();
    this.subjectBy = creator;
    this.subjectAt = this.created;
    this.description = null;
    this.announcement = false;
    this.locked = false;
    this.ephemeral = 0;
    this.approval = false;
    this.memberAddMode = 'all_member_add';
    this.members = new Map();
    this.requests = new Map();
    this.invite = crypto.randomBytes(16).toString('base64url');
    this.epoch = 0;
  }

  accounts() {
    return this.members.keys();
  }

  has(account) {
    return this.members.has(account);
  }

  isAdmin(account) {
    return Boolean(this.members.get(account));
  }

  #both(account, name) {
    const other =
      this.form === 'lid' ? { [`${name}_pn`]: account.jid('pn') } : { [`${name}_lid`]: account.jid('lid') };
    return { [name]: account.jid(this.form), ...other };
  }

  participant(account, more = {}) {
    const other = this.form === 'lid' ? { phone_number: account.jid('pn') } : { lid: account.jid('lid') };
    const type = this.members.get(account);
    return node('participant', { jid: account.jid(this.form), ...other, ...(type && { type }), ...more });
  }

  toNode() {
    const content = [...this.members.keys()].map((account) => this.participant(account));
    if (this.description)
      content.push(
        node(
          'description',
          {
            id: this.description.id,
            t: `${this.description.t}`,
            ...this.#both(this.description.by, 'participant'),
          },
          [node('body', {}, Buffer.from(this.description.body))],
        ),
      );
    if (this.announcement) content.push(node('announcement', {}));
    if (this.locked) content.push(node('locked', {}));
    if (this.ephemeral) content.push(node('ephemeral', { expiration: `${this.ephemeral}` }));
    content.push(node('member_add_mode', {}, Buffer.from(this.memberAddMode)));
    if (this.approval)
      content.push(node('membership_approval_mode', {}, [node('group_join', { state: 'on' })]));
    return node(
      'group',
      {
        id: this.jid.split('@')[0],
        subject: this.subject,
        s_t: `${this.subjectAt}`,
        s_o: this.subjectBy.jid(this.form),
        creation: `${this.created}`,
        creator: this.creator.jid(this.form),
        ...(this.form === 'lid' && { creator_pn: this.creator.jid('pn'), s_o_pn: this.subjectBy.jid('pn') }),
        addressing_mode: this.form,
        size: `${this.members.size}`,
        p_v_id: `${this.epoch}`,
      },
      content,
    );
  }

  actor(account) {
    return this.#both(account, 'participant');
  }

  describe() {
    return {
      jid: this.jid,
      form: this.form,
      subject: this.subject,
      description: this.description?.body ?? null,
      announcement: this.announcement,
      locked: this.locked,
      ephemeral: this.ephemeral,
      approval: this.approval,
      member_add_mode: this.memberAddMode,
      invite: this.invite,
      requests: [...this.requests.keys()].map((a) => a.pn),
      members: [...this.members].map(([account, type]) => ({
        phone: account.pn,
        lid: account.lid,
        type: type || null,
      })),
    };
  }
}
