#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Makes the test vectors of tests/data/whatsapp from the npm package, into another folder:
//
//   node tests/peers/whatsapp/make-vectors.mjs FOLDER [SEED]
//
// The same seed gives the same bytes; the vectors in the tree have the seed ‘ulak’. Nothing is sent anywhere.
import { sow } from './vectors/chance.mjs';
import { makeAppState } from './vectors/app-state.mjs';
import { makeGroupSenderKey } from './vectors/group-sender-key.mjs';
import { makeHistorySync } from './vectors/history-sync.mjs';
import { makeSignalSession } from './vectors/signal-session.mjs';

const [folder, seed = 'ulak'] = process.argv.slice(2);

if (!folder) {
  console.error('usage: make-vectors.mjs FOLDER [SEED]');
  process.exit(2);
}
sow(seed);
for (const make of [makeSignalSession, makeGroupSenderKey, makeHistorySync, makeAppState]) await make(folder);
