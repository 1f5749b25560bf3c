// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A file as it lies on the media host, sealed by the package and opened again by node's own crypto.
import { encryptedStream, getMediaKeys } from '@whiskeysockets/baileys';
import { createDecipheriv, createHash } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import { hex } from './keys.mjs';

const openAgain = ({ cipherKey, iv }, sealed) => {
  const cipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
  return Buffer.concat([cipher.update(sealed.subarray(0, -10)), cipher.final()]);
};

export const seal = async (plain, type) => {
  const made = await encryptedStream(plain, type);
  const encrypted = readFileSync(made.encFilePath);
  unlinkSync(made.encFilePath);
  const keys = await getMediaKeys(made.mediaKey, type);
  if (!openAgain(keys, encrypted).equals(plain))
    throw new Error(`a file of type ‘${type}’ does not come back`);
  if (hex(createHash('sha256').update(encrypted).digest()) !== hex(made.fileEncSha256))
    throw new Error('a wrong hash');
  return { ...made, keys, encrypted };
};
