// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// What tests read afterwards: counters, bounded journals, and the verdict on every signature. Journals can be switched
// off for benchmarks; counters stay.

import { toJson } from './wire.mjs';

export class Ring {
  constructor(max) {
    this.max = max;
    this.rows = [];
    this.dropped = 0;
  }

  push(row) {
    this.rows.push(row);
    if (this.rows.length < this.max * 2) return;
    this.dropped += this.rows.length - this.max;
    this.rows = this.rows.slice(-this.max);
  }

  // Rows from a place on: places never change, so that a reader can come back for the rest.
  since(place) {
    return {
      rows: this.rows.slice(Math.max(0, place - this.dropped)),
      next: this.dropped + this.rows.length,
      dropped: this.dropped,
    };
  }

  clear() {
    this.dropped += this.rows.length;
    this.rows = [];
  }
}

export class Journal {
  constructor(max, stanzasMax) {
    this.enabled = true;
    this.stanzasMax = stanzasMax;
    this.counters = {};
    this.stanzas = new Map();
    this.messages = new Ring(max);
    this.receipts = new Ring(max);
    this.failures = new Ring(max);
    this.signatures = new Ring(max);
    this.events = new Ring(max);
  }

  count(name, by = 1) {
    this.counters[name] = (this.counters[name] ?? 0) + by;
  }

  stanza(device, direction, node) {
    this.count(`${direction}:${node.tag}`);
    if (!this.enabled) return;
    if (!this.stanzas.has(device)) this.stanzas.set(device, new Ring(this.stanzasMax));
    this.stanzas.get(device).push({ at_ms: Date.now(), direction, node });
  }

  stanzasOf(device, place) {
    const ring = this.stanzas.get(device) ?? new Ring(1);
    const { rows, ...rest } = ring.since(place);
    return { ...rest, rows: rows.map((row) => ({ ...row, node: toJson(row.node) })) };
  }

  // The last stanza that went out to a device under an id.
  lastSent(device, tag, id) {
    return (this.stanzas.get(device)?.rows ?? [])
      .filter((row) => row.direction === 'out' && row.node.tag === tag && row.node.attrs.id === id)
      .at(-1)?.node;
  }

  message(row) {
    this.count('messages');
    if (this.enabled) this.messages.push({ at_ms: Date.now(), ...row });
  }

  receipt(row) {
    this.count(`receipts:${row.type}`);
    if (this.enabled) this.receipts.push({ at_ms: Date.now(), ...row });
  }

  // Somebody could not decrypt what `sender` encrypted.
  failure(row) {
    this.count('decryption_failures');
    this.failures.push({ at_ms: Date.now(), ...row });
  }

  // Returns the verdict, so that callers can write `if (!journal.signature(...)) refuse`.
  signature(kind, by, valid) {
    this.count(valid ? 'signatures_valid' : 'signatures_refused');
    this.count(`signature:${kind}:${valid ? 'valid' : 'refused'}`);
    if (this.enabled || !valid) this.signatures.push({ at_ms: Date.now(), kind, by, valid });
    return valid;
  }

  event(kind, more) {
    this.count(`event:${kind}`);
    if (this.enabled) this.events.push({ at_ms: Date.now(), kind, ...more });
  }

  clear() {
    this.counters = {};
    this.stanzas.clear();
    for (const ring of [this.messages, this.receipts, this.failures, this.signatures, this.events])
      ring.clear();
  }
}
