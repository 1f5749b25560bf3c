// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Login and the quiet moment after it: who may in, what is said first, and when the backlog begins.

import { SERVER, child, node, now } from './wire.mjs';

export class Login {
  constructor(server) {
    this.server = server;
    this.failures = new Map();
  }

  // The next logins of a device (a jid, or * for any) end with this <failure>.
  fail(jid, attrs, times = 1) {
    this.failures.set(jid, { attrs, times });
  }

  #failure(device) {
    for (const name of [device?.name, '*']) {
      const rule = this.failures.get(name);
      if (!rule) continue;
      rule.times -= 1;
      if (rule.times <= 0) this.failures.delete(name);
      return rule.attrs;
    }
    return null;
  }

  #identify(connection) {
    const { username, device } = connection.payload;
    const found = this.server.directory.byPn.get(`${username}`)?.devices.get(device ?? 0);
    return found && !found.isPhone && found.noise.equals(connection.noise) ? found : null;
  }

  begin(connection) {
    const device = this.#identify(connection);
    const failure = this.#failure(device) ?? (device ? null : { reason: '401', location: 'double' });
    if (failure) {
      this.server.journal.event('login-refused', { device: device?.name, failure });
      connection.end(node('failure', failure));
      return;
    }
    if (device.connection)
      device.connection.end(node('stream:error', { code: '409' }, [node('conflict', { type: 'replaced' })]));
    device.connection = connection;
    connection.device = device;
    this.#success(connection, device);
  }

  #success(connection, device) {
    const { account } = device;
    this.server.journal.event('login', {
      device: device.name,
      passive: connection.payload.passive,
      version: connection.payload.userAgent?.appVersion?.tertiary,
    });
    connection.send(
      node('success', {
        t: `${now()}`,
        lid: device.jid('lid'),
        props: '27',
        creation: `${now() - 1000}`,
        location: 'lla',
        status: 'active',
      }),
    );
    if (connection.step('success')) return;
    if (this.server.options.edge_routing) {
      connection.send(
        node('ib', { from: SERVER }, [
          node('edge_routing', {}, [
            node('routing_info', {}, Buffer.from(this.server.options.edge_routing, 'hex')),
          ]),
        ]),
      );
    }
    for (const type of this.server.options.dirty)
      connection.send(node('ib', { from: SERVER }, [node('dirty', { type, timestamp: `${now()}` })]));
    if (!connection.payload.passive) this.activate(device);
  }

  activate(device) {
    if (device.queue.isLive || !device.isOnline) return;
    device.queue.open();
    device.account.phone.primary.ready(device);
  }

  // <iq xmlns="passive">
  passive(connection, iq) {
    connection.result(iq);
    if (connection.step('active')) return;
    if (child(iq, 'active')) this.activate(connection.device);
    else connection.device.queue.close();
  }

  // <ib> from the client.
  ib(connection, stanza) {
    const batch = child(stanza, 'offline_batch');
    if (batch) connection.device?.queue.grant(Number(batch.attrs.count ?? 0));
    if (child(stanza, 'unified_session')) this.server.journal.count('unified_sessions');
  }

  // An ack takes its stanza off the queue; an own message goes only by a receipt.
  ack(connection, stanza) {
    const device = connection.device;
    const { id, class: tag, to, participant } = stanza.attrs;
    if (stanza.attrs.error)
      this.server.journal.event('nack', {
        device: connection.name,
        id,
        class: tag,
        error: stanza.attrs.error,
      });
    if (!device) return;
    const settled = device.queue.settle(
      id,
      (n) =>
        n.tag === tag &&
        (!to || n.attrs.from === to) &&
        (!participant || n.attrs.participant === participant) &&
        !(this.server.options.strict_sender_receipt && tag === 'message' && n.attrs.recipient),
    );
    if (!settled) this.server.journal.count('acks_of_nothing');
  }
}
