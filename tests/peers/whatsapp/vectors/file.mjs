// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A file of vectors: JSON with one vector a line, so that a change to one is a change to one line.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('@whiskeysockets/baileys/package.json');

export const PRODUCED_BY = { package: '@whiskeysockets/baileys', version };

const writeMember = ([name, value]) => {
  const isRows = Array.isArray(value) && value.some((row) => typeof row === 'object');
  const text = isRows
    ? `[\n${value.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n ]`
    : JSON.stringify(value);
  return ` ${JSON.stringify(name)}: ${text}`;
};

export const write = (folder, name, document) => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `{\n${Object.entries(document).map(writeMember).join(',\n')}\n}\n`);
};
