// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Protobufs and their fields: payloads, every kind of message, the handshake's, the statements of devices.
import { proto } from '@whiskeysockets/baileys';
import { begin } from './chance.mjs';
import { makeClientPayloads, makeRow } from './client-payload.mjs';
import { describeStatements } from './adv.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { makeRows } from './message-rows.mjs';
import { describeHandshake } from './noise.mjs';
import { encodeFields } from './plain.mjs';

// A field 127 of text and a field 126 of a number behind it, which nobody knows.
const UNKNOWN = 'fa3f03616263f03f05';

function makeMessage([name, typeName, fields]) {
  const type = proto[typeName];
  const row = makeRow(name, typeName, type, encodeFields(type, fields));
  return name === 'unknown fields are skipped'
    ? { ...row, encoded_with_unknown_fields: row.encoded + UNKNOWN }
    : row;
}

export function makeProtobufs(folder, handshake, statements) {
  begin('protobufs');
  write(folder, 'protobufs.json', {
    produced_by: PRODUCED_BY,
    vectors: [
      ...makeClientPayloads(),
      ...makeRows().map(makeMessage),
      ...describeHandshake(handshake),
      ...describeStatements(statements),
    ],
  });
}
