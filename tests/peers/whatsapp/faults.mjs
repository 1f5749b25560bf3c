// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Faults, set by tests: a rule names a place (a step, or a stanza on its way in or out) and what goes wrong there, how often
// and after how many. Without rules nothing here is looked at.

import crypto from 'node:crypto';
import { encode } from './wire.mjs';

export const STEPS = [
  'open',
  'client-hello',
  'server-hello',
  'client-finish',
  'pair-device',
  'pair-success',
  'pair-device-sign',
  'link-hello',
  'link-primary',
  'link-finish',
  'success',
  'active',
  'message',
  'receipt',
  'iq',
];
export const STEP_ACTIONS = ['cut', 'silent'];
export const STANZA_ACTIONS = [
  'drop',
  'duplicate',
  'hold',
  'delay',
  'cut',
  'cut-after',
  'garble',
  'bad-mac',
  'truncate',
  'oversize',
  'replay-frame',
  'half',
  'compress',
  'alter',
  'corrupt',
  'forge',
];

function flip(bytes, at) {
  const copy = Buffer.from(bytes);
  copy[at] ^= 0x55;
  return copy;
}

// A copy of a message whose encrypted parts have one wrong byte each.
export function corrupt(node) {
  if (!Array.isArray(node.content)) return node;
  const content = node.content.map((c) =>
    c.tag === 'enc' ? { ...c, content: flip(c.content, c.content.length >> 1) } : c,
  );
  return { ...node, content };
}

// A copy whose group message bears another signature than its author's.
function forge(node) {
  const content = (node.content ?? []).map((c) =>
    c.tag === 'enc' && c.attrs.type === 'skmsg' ? { ...c, content: flip(c.content, c.content.length - 9) } : c,
  );
  return { ...node, content };
}

function matches(rule, node, connection) {
  const { tag, child, attrs, device } = rule;
  if (tag && node.tag !== tag) return false;
  if (device && connection.name !== device) return false;
  if (child && !(Array.isArray(node.content) && node.content.some((c) => c.tag === child))) return false;
  return Object.entries(attrs ?? {}).every(([name, value]) => node.attrs[name] === value);
}

export class Faults {
  constructor(server) {
    this.server = server;
    this.rules = [];
    this.number = 0;
    this.switches = {};
  }

  get active() {
    return this.rules.length > 0;
  }

  add(rule) {
    const known = rule.step ? STEP_ACTIONS : STANZA_ACTIONS;
    if (!known.includes(rule.action))
      throw new RangeError(`there is no action ‘${rule.action}’ here; there are: ${known.join(', ')}`);
    if (rule.step && !STEPS.includes(rule.step))
      throw new RangeError(`there is no step ‘${rule.step}’; there are: ${STEPS.join(', ')}`);
    const full = { direction: 'out', times: 1, after: 0, hits: 0, ...rule, number: ++this.number };
    this.rules.push(full);
    return full;
  }

  clear() {
    for (const rule of this.rules) for (const { node, connection } of rule.held ?? []) connection.emit(node);
    this.rules = [];
    this.switches = {};
  }

  #take(rule) {
    rule.hits += 1;
    if (rule.hits <= rule.after) return false;
    if (rule.times > 0 && rule.hits >= rule.after + rule.times)
      this.rules = this.rules.filter((r) => r !== rule);
    return true;
  }

  step(name, connection) {
    const rule = this.rules.find((r) => r.step === name && (!r.device || r.device === connection.name));
    return rule && this.#take(rule) ? rule : null;
  }

  mangle(step, bytes, connection) {
    const rule = this.rules.find((r) => r.mangle === step && (!r.device || r.device === connection.name));
    if (!rule || !this.#take(rule)) return null;
    return rule.action === 'truncate' ? bytes.subarray(0, bytes.length >> 1) : flip(bytes, bytes.length - 3);
  }

  #find(direction, node, connection) {
    const rule = this.rules.find(
      (r) => !r.step && !r.mangle && r.direction === direction && matches(r, node, connection),
    );
    return rule && this.#take(rule) ? rule : null;
  }

  incoming(node, connection) {
    const rule = this.#find('in', node, connection);
    if (!rule) return [node];
    this.server.journal.event('fault', {
      rule: rule.number,
      action: rule.action,
      at: `in:${node.tag}`,
      device: connection.name,
    });
    if (rule.action === 'duplicate') return [node, node];
    if (rule.action === 'cut') connection.cut();
    if (rule.action === 'cut-after') queueMicrotask(() => connection.cut());
    if (rule.action === 'delay')
      setTimeout(() => connection.guard(() => this.server.route(connection, node)), rule.delay_ms ?? 1000);
    return rule.action === 'cut-after' ? [node] : [];
  }

  outgoing(node, connection) {
    const rule = this.#find('out', node, connection);
    if (!rule) return [node];
    this.server.journal.event('fault', {
      rule: rule.number,
      action: rule.action,
      at: `out:${node.tag}`,
      device: connection.name,
    });
    return OUTGOING[rule.action](node, connection, rule);
  }

  // --- switches that rooms ask about ---

  withholdsAck(device) {
    const all = this.switches.no_acks;
    return Boolean(all) && (all === true || all.includes(device.name));
  }

  ignoresPing(device) {
    const all = this.switches.no_pong;
    return Boolean(all) && (all === true || all.includes(device?.name));
  }

  // The error that an ack is to carry, from {"message_error": {"error": "463", "device", "to", "times"}}.
  refusal(device, stanza) {
    const rule = this.switches.message_error;
    if (!rule || (rule.device && rule.device !== device.name) || (rule.to && rule.to !== stanza.attrs.to))
      return null;
    if (rule.times !== undefined && (rule.times -= 1) < 0) return null;
    return rule.error;
  }

  // What an ack carries besides, from {"ack_attrs": {"attrs": {"refresh_lid": "true"}, "device", "to", "times"}}.
  ackAttrs(device, stanza) {
    const rule = this.switches.ack_attrs;
    if (!rule || (rule.device && rule.device !== device.name) || (rule.to && rule.to !== stanza.attrs.to))
      return {};
    if (rule.times !== undefined && (rule.times -= 1) < 0) return {};
    return rule.attrs;
  }

  iqError(device, xmlns) {
    const rule = this.switches.iq_error;
    if (!rule || rule.xmlns !== xmlns || (rule.device && rule.device !== device?.name)) return null;
    if (rule.times !== undefined && (rule.times -= 1) < 0) return null;
    return rule;
  }

  bundleSignature(device, signature) {
    return this.switches.forged_skey?.includes(device.name) ? flip(signature, 20) : signature;
  }

  bundleIdentity(device, bytes) {
    return this.switches.forged_identity?.includes(device.name) ? flip(bytes, bytes.length - 10) : bytes;
  }

  usyncEmpty(form, account) {
    return this.switches.usync_empty?.some((e) => e === account.pn || e === form) ?? false;
  }
}

// action -> what is sent in place of the node
const OUTGOING = {
  drop: () => [],
  duplicate: (node) => [node, node],
  corrupt: (node) => [corrupt(node)],
  forge: (node) => [forge(node)],
  alter: (node, connection, rule) => [{ ...node, attrs: { ...node.attrs, ...rule.set } }],
  delay: (node, connection, rule) => {
    setTimeout(() => connection.emit(node), rule.delay_ms ?? 1000);
    return [];
  },
  hold: (node, connection, rule) => {
    rule.held = [...(rule.held ?? []), { node, connection }];
    if (rule.held.length < (rule.size ?? 2)) return [];
    const all = rule.held
      .splice(0)
      .map((h) => h.node)
      .reverse();
    return all;
  },
  cut: (node, connection) => {
    connection.cut();
    return [];
  },
  'cut-after': (node, connection) => {
    connection.emit(node);
    connection.cut();
    return [];
  },
  garble: (node, connection) => {
    const bytes = encode(node);
    connection.sealed(Buffer.concat([bytes.subarray(0, 3), crypto.randomBytes(bytes.length)]));
    return [];
  },
  'bad-mac': (node, connection) => {
    const sealed = connection.outgoing.seal(encode(node));
    connection.raw(flip(sealed, sealed.length - 1));
    return [];
  },
  truncate: (node, connection) => {
    const bytes = encode(node);
    connection.sealed(bytes.subarray(0, bytes.length >> 1));
    return [];
  },
  oversize: (node, connection) => {
    connection.bytes(Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), crypto.randomBytes(1 << 20)]));
    return [];
  },
  'replay-frame': (node, connection) => {
    const sealed = connection.outgoing.seal(encode(node));
    connection.raw(sealed);
    connection.raw(sealed);
    return [];
  },
  half: (node, connection) => {
    const sealed = connection.outgoing.seal(encode(node));
    const head = Buffer.alloc(3);
    head.writeUIntBE(sealed.length, 0, 3);
    connection.bytes(Buffer.concat([head, sealed.subarray(0, sealed.length >> 1)]));
    connection.cut();
    return [];
  },
  compress: (node, connection) => {
    connection.compressed(encode(node));
    return [];
  },
};
