// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// What a device has not acknowledged yet, in order. Everything stays here until its ack or receipt came, and is sent again
// after the next login; the part that was there at login is the backlog, given out in batches.

import { encode } from './wire.mjs';

const FIRST_BATCH = 5;

export class Queue {
  constructor(device) {
    this.device = device;
    this.rows = new Map();
    this.byId = new Map();
    this.sequence = 0;
    this.isLive = false;
    this.backlog = null;
  }

  get size() {
    return this.rows.size;
  }

  push(node) {
    const row = { sequence: this.sequence++, node };
    if (this.isHeld) row.encoded = encode(node);
    this.rows.set(row.sequence, row);
    const same = this.byId.get(node.attrs.id);
    if (same) same.push(row);
    else this.byId.set(node.attrs.id, [row]);
    if (this.isLive && !this.backlog && !this.isHeld) this.device.transmit(node);
    return row;
  }

  // Benchmarks: what is pushed from now on waits for release(), which gives it out with `window` unacknowledged at a time. It is
  // encoded when it is pushed, so that the double's own work is not what is measured.
  hold() {
    this.isHeld = true;
    this.heldFrom = this.sequence;
  }

  release(window) {
    this.isHeld = false;
    const last = this.sequence - 1;
    if (!this.isLive || last < this.heldFrom) return;
    this.backlog = {
      at: this.heldFrom,
      last,
      credit: window,
      count: last - this.heldFrom + 1,
      sent: 0,
      isLive: true,
    };
    this.pump();
  }

  #remove(row) {
    this.rows.delete(row.sequence);
    const same = this.byId.get(row.node.attrs.id);
    if (same.length === 1) this.byId.delete(row.node.attrs.id);
    else same.splice(same.indexOf(row), 1);
    if (!this.backlog || row.sequence > this.backlog.last) return;
    if (this.backlog.isLive || this.device.server.options.credit_on_ack) this.backlog.credit += 1;
  }

  // Takes out what an ack or a receipt settles. matches(node) tells stanzas of one id apart.
  settle(id, matches) {
    const rows = (this.byId.get(id) ?? []).filter((row) => matches(row.node));
    for (const row of rows) this.#remove(row);
    if (rows.length && this.backlog) this.pump();
    return rows.length;
  }

  // The device said that it is ready: give it what is waiting.
  open() {
    this.isLive = true;
    const count = this.rows.size;
    if (!count) {
      this.device.transmit({
        tag: 'ib',
        attrs: { from: 's.whatsapp.net' },
        content: [{ tag: 'offline', attrs: { count: '0' } }],
      });
      return;
    }
    const [first] = this.rows.keys();
    this.backlog = { at: first, last: this.sequence - 1, credit: FIRST_BATCH, count, sent: 0 };
    this.device.transmit({
      tag: 'ib',
      attrs: { from: 's.whatsapp.net' },
      content: [{ tag: 'offline_preview', attrs: this.#preview(count) }],
    });
    this.pump();
  }

  #preview(count) {
    const of = { message: 0, notification: 0, receipt: 0, call: 0 };
    for (const { node } of this.rows.values()) if (node.tag in of) of[node.tag] += 1;
    return {
      count: `${count}`,
      appdata: '0',
      status: '0',
      ...Object.fromEntries(Object.entries(of).map(([k, v]) => [k, `${v}`])),
    };
  }

  grant(count) {
    if (!this.backlog) return;
    this.backlog.credit += count;
    this.pump();
  }

  pump() {
    const backlog = this.backlog;
    while (backlog.at <= backlog.last) {
      const row = this.rows.get(backlog.at);
      if (row && backlog.credit <= 0) return;
      backlog.at += 1;
      if (!row) continue;
      backlog.credit -= 1;
      backlog.sent += 1;
      if (backlog.isLive) this.device.transmit(row.node, row.encoded);
      else this.device.transmit({ ...row.node, attrs: { ...row.node.attrs, offline: '0' } });
    }
    this.#finish();
  }

  // What came while the backlog was given out follows it.
  #finish() {
    const { count, last, isLive } = this.backlog;
    this.backlog = null;
    if (!isLive)
      this.device.transmit({
        tag: 'ib',
        attrs: { from: 's.whatsapp.net' },
        content: [{ tag: 'offline', attrs: { count: `${count}` } }],
      });
    for (let at = last + 1; at < this.sequence; at += 1)
      if (this.rows.has(at)) this.device.transmit(this.rows.get(at).node);
  }

  close() {
    this.isLive = false;
    this.backlog = null;
  }

  clear() {
    this.rows.clear();
    this.byId.clear();
  }
}
