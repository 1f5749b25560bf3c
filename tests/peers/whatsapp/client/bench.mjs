// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// What it costs: messages received and sent messages acknowledged, per second, with CPU time and memory. With --bench a line
// a second is told while something happens, and no single message is.
import { readFileSync } from 'node:fs';
import { tell } from './wire.mjs';

function readPss() {
  try {
    return 1024 * Number(/^Pss:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))[1]);
  } catch {
    return null;
  }
}

function measure() {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return {
    cpu_user_us: userCPUTime,
    cpu_system_us: systemCPUTime,
    rss_bytes: process.memoryUsage.rss(),
    pss_bytes: readPss(),
  };
}

export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

export class Bench {
  received = 0;
  undecryptable = 0;
  acked = 0;

  constructor(isTold) {
    this.reset();
    if (isTold) setInterval(() => this.#tick(), 1000).unref();
  }

  reset() {
    Object.assign(this, { received: 0, undecryptable: 0, acked: 0 });
    this.begun = { at: performance.now(), ...measure() };
    this.last = { received: 0, acked: 0 };
    return null;
  }

  read() {
    const now = measure();
    return {
      seconds: (performance.now() - this.begun.at) / 1000,
      received: this.received,
      undecryptable: this.undecryptable,
      acked: this.acked,
      cpu_user_us: now.cpu_user_us - this.begun.cpu_user_us,
      cpu_system_us: now.cpu_system_us - this.begun.cpu_system_us,
      rss_bytes: now.rss_bytes,
      pss_bytes: now.pss_bytes,
    };
  }

  #tick() {
    const { received, acked } = this;
    if (received === this.last.received && acked === this.last.acked) return;
    tell('bench', {
      ...this.read(),
      received_per_s: received - this.last.received,
      acked_per_s: acked - this.last.acked,
    });
    this.last = { received, acked };
  }
}
