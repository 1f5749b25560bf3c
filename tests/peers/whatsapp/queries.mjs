// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// <iq>: one table from namespace and type to the room that answers.

import { child, children, node } from './wire.mjs';

const MD_STAGES = { companion_hello: 'hello', companion_finish: 'finish' };

export class Queries {
  constructor(server) {
    this.server = server;
    const { login, prekeys, usync, groups, profile, media, appstate, newsletters } = server;
    this.table = {
      'encrypt get': (c, iq) => prekeys.get(c, iq),
      'encrypt set': (c, iq) => prekeys.set(c, iq),
      'passive set': (c, iq) => login.passive(c, iq),
      'usync get': (c, iq) => usync.get(c, iq),
      'w:g2 get': (c, iq) => groups.get(c, iq),
      'w:g2 set': (c, iq) => groups.set(c, iq),
      'w:m set': (c, iq) => media.connection(c, iq),
      'w:m get': (c, iq) => media.connection(c, iq),
      'w:sync:app:state set': (c, iq) => appstate.set(c, iq),
      'w:profile:picture get': (c, iq) => profile.getPicture(c, iq),
      'w:profile:picture set': (c, iq) => profile.setPicture(c, iq),
      'status set': (c, iq) => profile.setAbout(c, iq),
      'status get': (c, iq) => profile.getAbout(c, iq),
      'privacy get': (c, iq) => profile.getPrivacy(c, iq),
      'privacy set': (c, iq) => profile.setPrivacy(c, iq),
      'disappearing_mode set': (c, iq) => profile.setTimer(c, iq),
      'disappearing_mode get': (c, iq) => profile.getTimer(c, iq),
      'blocklist get': (c, iq) => profile.getBlocked(c, iq),
      'blocklist set': (c, iq) => profile.setBlocked(c, iq),
      'newsletter get': (c, iq) => newsletters.get(c, iq),
      'newsletter set': (c, iq) => newsletters.set(c, iq),
      'w:mex get': (c, iq) => newsletters.mex(c, iq),
      'md set': (c, iq) => this.#md(c, iq),
      'md get': (c, iq) => this.#md(c, iq),
      'abt get': (c, iq) => this.#props(c, iq),
      'urn:xmpp:whatsapp:dirty set': (c, iq) => this.#clean(c, iq),
      'w:p get': (c, iq) => this.#ping(c, iq),
      'urn:xmpp:ping get': (c, iq) => this.#ping(c, iq),
      'w:stats set': (c, iq) => c.result(iq),
      'tos get': (c, iq) => c.result(iq),
      'w:biz get': (c, iq) => c.result(iq, [node('business_profile', {})]),
      'bot get': (c, iq) => c.result(iq, [node('bot', {})]),
      'w:qr set': (c, iq) => c.result(iq),
    };
  }

  handle(connection, iq) {
    const { type, xmlns } = iq.attrs;
    if (type === 'result' || type === 'error') {
      this.#answered(connection, iq);
      return;
    }
    if (connection.step('iq')) return;
    const fault = this.server.faults.iqError(connection.device, xmlns);
    if (fault) {
      connection.error(iq, fault.code, fault.text ?? 'injected');
      return;
    }
    const handler = this.table[`${xmlns} ${type ?? 'set'}`];
    const isOpen = xmlns === 'md' || xmlns === 'w:p' || xmlns === 'urn:xmpp:ping';
    if (!handler)
      this.server.journal.event('unknown-iq', {
        by: connection.name,
        xmlns,
        type,
        child: children(iq)[0]?.tag,
      });
    if (handler && (connection.device || isOpen)) handler(connection, iq);
    else connection.error(iq, handler ? 401 : 501, handler ? 'not-authorized' : 'feature-not-implemented');
  }

  #answered(connection, iq) {
    this.server.journal.count('iq_answers');
    if (connection.pairing && iq.attrs.id?.startsWith('pair-success'))
      this.server.pairing.answered(connection, iq);
    this.server.answered?.(connection, iq);
  }

  #ping(connection, iq) {
    if (!this.server.faults.ignoresPing(connection.device)) connection.result(iq);
  }

  #props(connection, iq) {
    const account = connection.device.account;
    const props = { 9435: account.migrated ? '1' : '0', ...this.server.options.props, ...account.props };
    connection.result(iq, [
      node(
        'props',
        { hash: 'double', refresh: '86400', protocol: '1' },
        Object.entries(props).map(([code, value]) =>
          node('prop', { config_code: code, config_value: value }),
        ),
      ),
    ]);
  }

  #clean(connection, iq) {
    const { type } = child(iq, 'clean')?.attrs ?? {};
    this.server.journal.event('cleaned', { by: connection.name, type });
    connection.result(iq);
  }

  #md(connection, iq) {
    const code = child(iq, 'link_code_companion_reg');
    if (code && MD_STAGES[code.attrs.stage])
      this.server.linkcode[MD_STAGES[code.attrs.stage]](connection, iq, code);
    else if (child(iq, 'remove-companion-device')) this.#remove(connection, iq);
    else if (child(iq, 'ref'))
      connection.result(iq, [node('ref', {}, Buffer.from(connection.refs?.[0] ?? 'double'))]);
    else if (
      child(iq, 'passkey_prologue') ||
      child(iq, 'companion_nonce') ||
      child(iq, 'encrypted_pairing_request')
    ) {
      this.server.journal.event('passkey', { by: connection.name, child: children(iq)[0].tag });
      connection.result(iq);
    } else connection.error(iq, 400, 'bad-request');
  }

  #remove(connection, iq) {
    const { jid, reason } = child(iq, 'remove-companion-device').attrs;
    const device = this.server.directory.device(jid);
    if (!connection.device || device?.account !== connection.device.account || device.isPhone)
      return connection.error(iq, 403, 'forbidden');
    this.server.journal.event('logout', { device: device.name, reason });
    connection.result(iq);
    return this.server.unlink(device);
  }
}
