// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The control side: JSON over HTTP on a second port of loopback, for tests. README.md lists what there is.

import http from 'node:http';
import { COLLECTIONS } from './appstate.mjs';
import { FORGED_KINDS } from './certificate.mjs';
import { STANZA_ACTIONS, STEPS } from './faults.mjs';
import { accountRoutes } from './control-accounts.mjs';
import { fromJson, node, now } from './wire.mjs';

const BODY_MAX = 512 << 20;

async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_MAX) throw new RangeError('the body is too large');
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  return text ? JSON.parse(text) : {};
}

// A node whose children go very deep, in bytes: no encoder would make it.
function deepNode(depth) {
  const open = Buffer.from([0xf8, 0x02, 0xfc, 0x01, 0x61, 0xf8, 0x01]);
  return Buffer.concat([
    Buffer.from([0]),
    ...Array(depth).fill(open),
    Buffer.from([0xf8, 0x01, 0xfc, 0x01, 0x61]),
  ]);
}

function deviceOf(server, name) {
  const jid = decodeURIComponent(name);
  const device = server.directory.device(jid.includes('@') ? jid : `${jid}@s.whatsapp.net`);
  if (!device) throw new ReferenceError(`there is no device ${jid}`);
  return device;
}

// A device's connection, or one that has no account yet by its number.
function connectionOf(server, name) {
  const anonymous = [...server.connections].find((c) => c.name === name);
  const connection = anonymous ?? deviceOf(server, name).connection;
  if (!connection) throw new ReferenceError(`${name} is not connected`);
  return connection;
}

function describeDevice(device) {
  return {
    jid: device.jid('pn'),
    lid: device.jid('lid'),
    online: device.isOnline,
    live: device.queue.isLive,
    queued: device.queue.size,
    available: device.isAvailable,
    prekeys: device.preKeys.size,
    props: device.props?.toJSON?.(),
    payload: device.connection?.payload?.toJSON?.(),
  };
}

const NAMED_NODES = {
  'stream-error': ({ code, child }) =>
    node('stream:error', code ? { code: `${code}` } : {}, child ? [fromJson(child)] : undefined),
  end: () => node('xmlstreamend', {}),
};

function serverRoutes(server) {
  return {
    'GET /state': () => ({
      root: server.certificate.rootHex,
      ports: server.ports,
      accounts: server.directory.all.map((a) => a.describe()),
      groups: [...server.groups.byJid.values()].map((g) => g.describe()),
      connections: [...server.connections].map((c) => ({
        name: c.name,
        stage: c.stage,
        refs: c.refs?.length ?? 0,
        routing: c.reader.routing?.toString('hex') ?? null,
      })),
    }),
    'GET /counters': () => ({ ...server.journal.counters, online: server.connections.size }),
    'POST /options': (body) => {
      Object.assign(server.options, body);
      server.journal.enabled = server.options.journal;
      return server.options;
    },
    'POST /certificate': ({ forge }) => {
      server.certificate.forge(forge);
      return { forged: server.certificate.forged, kinds: FORGED_KINDS };
    },
    'GET /faults': () => ({
      rules: server.faults.rules.map(({ held, ...rule }) => ({ ...rule, held: held?.length })),
      switches: server.faults.switches,
      steps: STEPS,
      actions: STANZA_ACTIONS,
    }),
    'POST /faults': (body) => server.faults.add(body),
    'POST /faults/switches': (body) => Object.assign(server.faults.switches, body),
    'DELETE /faults': () => {
      server.faults.clear();
      server.prekeys.exhausted.clear();
      server.media.fault = null;
      server.certificate.forge(null);
      return {};
    },
    'POST /faults/prekeys': ({ device }) => {
      server.prekeys.exhausted.add(device ?? '*');
      return {};
    },
    'POST /faults/login': ({ device, times, ...attrs }) => {
      server.login.fail(
        device ?? '*',
        Object.fromEntries(Object.entries(attrs).map(([k, v]) => [k, `${v}`])),
        times ?? 1,
      );
      return {};
    },
    'POST /faults/media': (body) => {
      server.media.fault = body;
      return {};
    },
    'POST /faults/appstate': (body) => {
      server.appstate.conflicts = body;
      return {};
    },
    'DELETE /journal': () => {
      server.journal.clear();
      server.media.requests = [];
      return {};
    },
    'GET /journal/:kind': (_, { kind }, query) => {
      const ring = server.journal[kind];
      if (!ring?.since)
        throw new ReferenceError(
          `there is no journal ‘${kind}’; there are: messages, receipts, failures, signatures, events`,
        );
      return ring.since(Number(query.get('after') ?? 0));
    },
    'GET /media/requests': () => server.media.requests,
    'POST /media': ({ kind, base64, media_key: key }) => {
      const fields = server.media.put(
        kind,
        Buffer.from(base64, 'base64'),
        key && { mediaKey: Buffer.from(key, 'base64') },
      );
      return Object.fromEntries(
        Object.entries(fields).map(([k, v]) => [
          k,
          v instanceof Uint8Array ? Buffer.from(v).toString('base64') : v,
        ]),
      );
    },
    'POST /media/remove': ({ direct_path: path, status }) => {
      server.media.remove(path, status);
      return {};
    },
    'GET /media/file': (_, __, query) => ({
      base64: server.media.find(query.get('path'))?.file.toString('base64') ?? null,
    }),
  };
}

function deviceRoutes(server) {
  return {
    'GET /devices/:jid': (_, { jid }) => describeDevice(deviceOf(server, jid)),
    'GET /devices/:jid/stanzas': (_, { jid }, query) =>
      server.journal.stanzasOf(decodeURIComponent(jid), Number(query.get('after') ?? 0)),
    'POST /devices/:jid/send': ({ node: sent, queued }, { jid }) => {
      if (queued) deviceOf(server, jid).deliver(fromJson(sent));
      else connectionOf(server, decodeURIComponent(jid)).emit(fromJson(sent));
      return {};
    },
    'POST /devices/:jid/frame': ({ hex, base64, sealed, framed }, { jid }) => {
      const connection = connectionOf(server, decodeURIComponent(jid));
      const bytes = hex === undefined ? Buffer.from(base64, 'base64') : Buffer.from(hex, 'hex');
      if (sealed ?? true) connection.sealed(bytes);
      else if (framed ?? true) connection.raw(bytes);
      else connection.bytes(bytes);
      return {};
    },
    'POST /devices/:jid/deep': ({ depth }, { jid }) => {
      connectionOf(server, decodeURIComponent(jid)).sealed(deepNode(depth ?? 10000));
      return {};
    },
    // Sends again what went out before, as it was.
    'POST /devices/:jid/replay': ({ id, tag }, { jid }) => {
      const connection = connectionOf(server, decodeURIComponent(jid));
      const sent = server.journal.lastSent(connection.name, tag ?? 'message', id);
      if (!sent) throw new ReferenceError(`nothing was sent to ${connection.name} under ${id}`);
      connection.emit(sent);
      return {};
    },
    'POST /devices/:jid/cut': (_, { jid }) => {
      connectionOf(server, decodeURIComponent(jid)).cut();
      return {};
    },
    'POST /devices/:jid/silent': ({ on }, { jid }) => {
      connectionOf(server, decodeURIComponent(jid)).isSilent = on ?? true;
      return {};
    },
    'POST /devices/:jid/end': ({ kind, ...more }, { jid }) => {
      connectionOf(server, decodeURIComponent(jid)).end(NAMED_NODES[kind ?? 'stream-error'](more));
      return {};
    },
    'POST /devices/:jid/ping': ({ id }, { jid }) => {
      connectionOf(server, decodeURIComponent(jid)).emit(
        node('iq', {
          from: 's.whatsapp.net',
          type: 'get',
          xmlns: 'urn:xmpp:ping',
          t: `${now()}`,
          ...(id && { id }),
        }),
      );
      return {};
    },
    'POST /devices/:jid/hold': (_, { jid }) => {
      deviceOf(server, jid).queue.hold();
      return {};
    },
    'POST /devices/:jid/release': ({ window }, { jid }) => {
      const { queue } = deviceOf(server, jid);
      queue.release(window ?? 50);
      return { queued: queue.size };
    },
    'POST /devices/:jid/unlink': (_, { jid }) => {
      server.unlink(deviceOf(server, jid));
      return {};
    },
    'POST /devices/:jid/prekeys': ({ keep }, { jid }) => {
      const device = deviceOf(server, jid);
      for (const id of [...device.preKeys.keys()].slice(keep ?? 0)) device.preKeys.delete(id);
      server.prekeys.announceLow(device);
      return { left: device.preKeys.size };
    },
    // Many copies of one stanza at once, or many small texts: {count} replaces # in ids.
    'POST /devices/:jid/flood': ({ node: sent, count }, { jid }) => {
      const device = deviceOf(server, jid);
      const base = fromJson(sent);
      for (let i = 0; i < count; i += 1)
        device.deliver({ ...base, attrs: { ...base.attrs, id: base.attrs.id.replace('#', `${i}`) } });
      return { queued: device.queue.size };
    },
  };
}

function chatRoutes(server) {
  const account = (phone) => {
    const found = server.directory.account(`${phone}`.includes('@') ? phone : `${phone}@s.whatsapp.net`);
    if (!found) throw new ReferenceError(`there is no account ${phone}`);
    return found;
  };
  const group = (jid) => {
    const found = server.groups.find(decodeURIComponent(jid));
    if (!found) throw new ReferenceError(`there is no group ${jid}`);
    return found;
  };
  return {
    'POST /groups': ({ by, members, ...more }) =>
      server.groups.create(account(by), { ...more, members: members.map(account) }).describe(),
    'GET /groups/:jid': (_, { jid }) => group(jid).describe(),
    'POST /groups/:jid/members': ({ by, action, members }, { jid }) =>
      server.groups.change(group(jid), account(by), action, members.map(account)).map((n) => n.attrs),
    'POST /groups/:jid/leave': ({ by }, { jid }) => {
      server.groups.leave(group(jid), account(by));
      return {};
    },
    'POST /groups/:jid/join': ({ by }, { jid }) => {
      server.groups.join(group(jid), account(by));
      return {};
    },
    'POST /groups/:jid/subject': ({ by, subject }, { jid }) => {
      server.groups.setSubject(group(jid), account(by), subject);
      return {};
    },
    'POST /groups/:jid/description': ({ by, id, body }, { jid }) => {
      server.groups.setDescription(group(jid), account(by), { id: id ?? server.nextId('DESC'), body });
      return {};
    },
    'POST /groups/:jid/setting': ({ by, node: setting }, { jid }) => {
      server.groups.setting(group(jid), account(by), fromJson(setting));
      return {};
    },
    'POST /groups/:jid/invite': ({ by }, { jid }) => {
      server.groups.revokeInvite(group(jid), account(by));
      return { code: group(jid).invite };
    },
    'POST /calls': ({ from, to, ...more }) => ({
      call_id: server.calls.offer(account(from), account(to), more),
    }),
    'POST /newsletters': (body) => {
      const { subscribers, ...rest } = server.newsletters.create(body);
      for (const s of body.subscribers ?? []) server.newsletters.subscribe(rest.jid, account(s));
      return { jid: rest.jid };
    },
    'POST /newsletters/:jid/posts': ({ message, text }, { jid }) =>
      server.newsletters.publish(decodeURIComponent(jid), message ?? { conversation: text }),
    'POST /pairing/refresh': ({ qr, child }) => {
      server.pairing.refresh(qr, child);
      return {};
    },
    'POST /pairing/notify': ({ connection, node: sent }) => {
      connectionOf(server, connection ?? [...server.pairing.waiting][0]?.name).send(fromJson(sent));
      return {};
    },
    'GET /collections': () => COLLECTIONS,
  };
}

// 'METHOD /a/:b' -> { method, parts, handler }
function compile(routes) {
  return Object.entries(routes).map(([name, handler]) => {
    const [method, path] = name.split(' ');
    return { method, parts: path.split('/').slice(1), handler };
  });
}

function match(routes, method, path) {
  const parts = path.split('/').slice(1);
  for (const route of routes) {
    if (route.method !== method || route.parts.length !== parts.length) continue;
    if (!route.parts.every((p, i) => p.startsWith(':') || p === parts[i])) continue;
    return {
      handler: route.handler,
      values: Object.fromEntries(
        route.parts.flatMap((p, i) => (p.startsWith(':') ? [[p.slice(1), parts[i]]] : [])),
      ),
    };
  }
  return null;
}

const STATUS = { RangeError: 400, SyntaxError: 400, ReferenceError: 404 };

export async function startControl(server, port) {
  const routes = compile({
    ...serverRoutes(server),
    ...deviceRoutes(server),
    ...chatRoutes(server),
    ...accountRoutes(server),
  });
  const control = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://control');
    const answer = (status, document) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
    try {
      const found = match(routes, request.method, url.pathname);
      if (!found) return answer(404, { error: `there is no ${request.method} ${url.pathname}` });
      return answer(200, await found.handler(await readBody(request), found.values, url.searchParams));
    } catch (error) {
      return answer(STATUS[error.constructor.name] ?? 409, { error: error.message });
    }
  });
  await new Promise((resolve) => {
    control.listen(port, '127.0.0.1', resolve);
  });
  return control.address().port;
}
