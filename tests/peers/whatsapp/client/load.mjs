// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Load: many texts with a few in flight, and how long the server's acknowledgements took.
import { generateMessageIDV2 } from '@whiskeysockets/baileys';
import { percentile } from './bench.mjs';

export function makeLoad(connection) {
  async function sendOne(to, text) {
    const id = generateMessageIDV2(connection.sock.user?.id);
    const acked = connection.whenAcked(id);
    const begun = performance.now();
    await connection.sock.sendMessage(to, { text, linkPreview: null }, { messageId: id });
    await acked;
    return performance.now() - begun;
  }

  async function sendMany({
    to,
    count,
    in_flight: inFlight = 1,
    text = 'message',
    is_first: isFirst = false,
  }) {
    const took = [];
    let next = 0;
    const work = async () => {
      while (next < count) {
        const number = next++;
        took[number] = await sendOne(Array.isArray(to) ? to[number % to.length] : to, `${text} ${number}`);
      }
    };
    const begun = performance.now();
    await Promise.all(Array.from({ length: inFlight }, work));
    const seconds = (performance.now() - begun) / 1000;
    const first = took[0];
    const sorted = took.slice(isFirst ? 1 : 0).sort((a, b) => a - b);
    return {
      count,
      seconds,
      per_s: count / seconds,
      first_ms: first,
      p50_ms: percentile(sorted, 0.5),
      p99_ms: percentile(sorted, 0.99),
      max_ms: sorted.at(-1),
    };
  }

  return { sendMany };
}
