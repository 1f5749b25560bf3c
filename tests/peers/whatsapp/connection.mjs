// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// One client connection: handshake, then nodes both ways. Encryption and queueing happen in one place, in order; faults
// are looked at only when there are any.

import zlib from 'node:zlib';
import { WebSocket } from 'ws';
import { FrameReader, frame } from './frames.mjs';
import { Responder } from './noise.mjs';
import { decode, encode, SERVER } from './wire.mjs';

const FRAMES_AT_ONCE = 16;

let count = 0;

export class Connection {
  constructor(server, socket) {
    this.server = server;
    this.socket = socket;
    this.number = ++count;
    this.reader = new FrameReader();
    this.responder = new Responder(server.certificate);
    this.stage = 'hello';
    this.device = null;
    this.closed = false;
    this.pending = [];
    this.opened_ms = Date.now();
    socket.on('message', (data) => this.guard(() => this.#receive(data)));
    socket.on('close', () => this.#gone());
    socket.on('error', () => {});
    this.step('open');
  }

  get name() {
    return this.device?.name ?? `connection-${this.number}`;
  }

  // A named place where faults may cut; true when the connection is gone now.
  step(name) {
    const rule = this.server.faults.step(name, this);
    if (!rule) return this.closed;
    this.server.journal.event('fault', {
      rule: rule.number,
      action: rule.action,
      at: name,
      device: this.name,
    });
    if (rule.action === 'silent') this.isSilent = true;
    else if (rule.action === 'cut') this.cut();
    return this.closed;
  }

  guard(work) {
    try {
      work();
    } catch (error) {
      this.server.journal.event('broken', { device: this.name, stage: this.stage, text: error.message });
      if (this.server.options.verbose) process.stderr.write(`${this.name}: ${error.stack}\n`);
      this.cut();
    }
  }

  #receive(data) {
    for (const bytes of this.reader.push(data)) {
      if (this.closed) return;
      if (this.stage === 'open') this.#node(bytes);
      else this.#handshake(bytes);
    }
  }

  #handshake(bytes) {
    if (this.stage === 'hello') {
      if (this.step('client-hello') || this.isSilent) return;
      const answer = this.responder.hello(bytes);
      this.stage = 'finish';
      this.raw(this.server.faults.mangle('server-hello', answer, this) ?? answer);
      this.step('server-hello');
      return;
    }
    const { key, payload, incoming, outgoing } = this.responder.finish(bytes);
    Object.assign(this, { stage: 'open', noise: key, payload, incoming, outgoing, responder: null });
    this.server.journal.count('handshakes');
    if (this.step('client-finish')) return;
    this.server.entry(this);
  }

  #node(bytes) {
    const node = decode(this.incoming.open(bytes));
    this.server.journal.stanza(this.name, 'in', node);
    if (this.isSilent) return;
    const nodes = this.server.faults.active ? this.server.faults.incoming(node, this) : [node];
    for (const each of nodes) {
      if (this.closed) return;
      this.server.route(this, each);
    }
  }

  send(node, encoded) {
    if (this.closed || this.isSilent) return;
    if (!this.server.faults.active) this.emit(node, encoded);
    else for (const each of this.server.faults.outgoing(node, this)) this.emit(each);
  }

  // Past the faults: the node as it is.
  emit(node, encoded = encode(node)) {
    if (this.closed) return;
    this.server.journal.stanza(this.name, 'out', node);
    this.sealed(encoded);
  }

  // Any plain bytes in a frame that decrypts.
  sealed(plain) {
    if (!this.closed) this.raw(this.outgoing.seal(plain));
  }

  compressed(plain) {
    this.sealed(Buffer.concat([Buffer.from([2]), zlib.deflateSync(plain.subarray(1))]));
  }

  raw(payload) {
    this.bytes(frame(payload));
  }

  // What is written in one turn of the loop goes as few WebSocket messages: their borders mean nothing. But a client need not wait
  // until the last of many is ready.
  bytes(data) {
    if (this.closed) return;
    this.pending.push(data);
    if (this.pending.length === FRAMES_AT_ONCE) this.flush();
    else if (this.pending.length === 1) setImmediate(() => this.flush());
  }

  flush() {
    if (!this.pending.length || this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(this.pending.length === 1 ? this.pending[0] : Buffer.concat(this.pending));
    this.pending = [];
  }

  result(iq, content) {
    const attrs = { from: SERVER, type: 'result' };
    if (iq.attrs.id) attrs.id = iq.attrs.id;
    this.send(content === undefined ? { tag: 'iq', attrs } : { tag: 'iq', attrs, content });
  }

  error(iq, code, text) {
    this.send({
      tag: 'iq',
      attrs: { from: SERVER, type: 'error', id: iq.attrs.id },
      content: [{ tag: 'error', attrs: { code: `${code}`, text } }],
    });
  }

  // Ends in an orderly way after the node went out.
  end(node) {
    if (node) this.emit(node);
    this.flush();
    this.closed = true;
    this.socket.close();
    this.#gone();
  }

  cut() {
    this.flush();
    this.closed = true;
    this.socket.terminate();
    this.#gone();
  }

  #gone() {
    this.closed = true;
    if (this.isGone) return;
    this.isGone = true;
    this.server.left(this);
  }
}
