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
import { makeAdv } from './vectors/adv.mjs';
import { makeAppState } from './vectors/app-state.mjs';
import { makeAppStateSync } from './vectors/app-state-sync.mjs';
import { makeGroupSenderKey } from './vectors/group-sender-key.mjs';
import { makeHistorySync } from './vectors/history-sync.mjs';
import { makeKeyDerivations } from './vectors/key-derivations.mjs';
import { makeLinkCode } from './vectors/link-code.mjs';
import { makeMedia } from './vectors/media.mjs';
import { makeMsgSecret } from './vectors/msg-secret.mjs';
import { makeNodes } from './vectors/nodes.mjs';
import { makeNoise } from './vectors/noise.mjs';
import { makePadding } from './vectors/padding.mjs';
import { makePhash } from './vectors/phash.mjs';
import { makePreKeys } from './vectors/pre-keys.mjs';
import { makeProtobufs } from './vectors/protobufs.mjs';
import { makeQr } from './vectors/qr.mjs';
import { makeSignalSession } from './vectors/signal-session.mjs';
import { makeStanzas } from './vectors/stanzas.mjs';

const [folder, seed = 'ulak'] = process.argv.slice(2);

if (!folder) {
  console.error('usage: make-vectors.mjs FOLDER [SEED]');
  process.exit(2);
}
sow(seed);
const makers = [
  makeAppState,
  makeAppStateSync,
  makeGroupSenderKey,
  makeHistorySync,
  makeKeyDerivations,
  makeLinkCode,
  makeMedia,
  makeMsgSecret,
  makeNodes,
  makePadding,
  makePhash,
  makePreKeys,
  makeQr,
  makeSignalSession,
  makeStanzas,
];
for (const make of makers) await make(folder);
const handshake = await makeNoise(folder);
const statements = makeAdv(folder);
makeProtobufs(folder, handshake, statements);
