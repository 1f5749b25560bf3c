// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Files of every kind sealed by the package, and requests to a phone to upload one again.
import {
  aesDecryptGCM,
  aesEncryptGCM,
  decryptMediaRetryData,
  encryptMediaRetryRequest,
  hkdf,
  MEDIA_HKDF_KEY_MAPPING,
  proto,
} from '@whiskeysockets/baileys';
import { createHash } from 'node:crypto';
import { begin, bytes } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { hex } from './keys.mjs';
import { toPlain } from './plain.mjs';
import { seal } from './sealed-file.mjs';

// Those without a name of their own are not encrypted.
const KINDS = Object.entries(MEDIA_HKDF_KEY_MAPPING).filter(([, name]) => name !== '');
const IMAGE_SIZES = [0, 1, 15, 16, 17, 31, 1000];
const LONG_SIZE = 65541;
const LONG_RULE = 'wa-vectors/media/image/65541';

// Too long to be written down: SHA-256 of the rule's text, a slash and 0, 1, ... one after the other.
function makeLong() {
  const parts = [];
  for (let i = 0; 32 * i < LONG_SIZE; i++)
    parts.push(createHash('sha256').update(`${LONG_RULE}/${i}`).digest());
  return Buffer.concat(parts).subarray(0, LONG_SIZE);
}

async function makeFile(type, plain, isLong = false) {
  const { mediaKey, keys, encrypted, fileSha256, fileEncSha256, fileLength } = await seal(plain, type);
  const info = `WhatsApp ${MEDIA_HKDF_KEY_MAPPING[type]} Keys`;
  const expanded = Buffer.from(hkdf(mediaKey, 112, { info }));
  return {
    type,
    info,
    media_key: hex(mediaKey),
    expanded: hex(expanded),
    iv: hex(keys.iv),
    cipher_key: hex(keys.cipherKey),
    mac_key: hex(keys.macKey),
    ref_key: hex(expanded.subarray(80)),
    file_length: fileLength,
    mac: hex(encrypted.subarray(-10)),
    file_sha256: hex(fileSha256),
    file_enc_sha256: hex(fileEncSha256),
    ...(isLong ? { plaintext_rule: LONG_RULE } : { plaintext: hex(plain), encrypted: hex(encrypted) }),
  };
}

async function makeFiles() {
  const files = [];
  for (const [i, [type]] of KINDS.entries()) files.push(await makeFile(type, bytes(37 + i)));
  for (const size of IMAGE_SIZES) files.push(await makeFile('image', bytes(size)));
  files.push(await makeFile('image', makeLong(), true));
  return files;
}

const contentOf = (node, path) =>
  path.reduce((at, tag) => at.content.find((child) => child.tag === tag), node).content;

async function makeRetry(key, directPath) {
  const mediaKey = bytes(32);
  const retryKey = Buffer.from(hkdf(mediaKey, 32, { info: 'WhatsApp Media Retry Notification' }));
  const aad = Buffer.from(key.id);
  const node = await encryptMediaRetryRequest(key, mediaKey, '15550001111:3@s.whatsapp.net');
  const [sealed, nonce] = [contentOf(node, ['encrypt', 'enc_p']), contentOf(node, ['encrypt', 'enc_iv'])];
  const iv = bytes(12);
  const { SUCCESS } = proto.MediaRetryNotification.ResultType;
  const plain = Buffer.from(
    proto.MediaRetryNotification.encode({ stanzaId: key.id, directPath, result: SUCCESS }).finish(),
  );
  const answer = aesEncryptGCM(plain, retryKey, iv, aad);
  if (decryptMediaRetryData({ ciphertext: answer, iv }, mediaKey, key.id).directPath !== directPath)
    throw new Error('an answer does not come back');
  return {
    media_key: hex(mediaKey),
    retry_key: hex(retryKey),
    aad: key.id,
    request_plaintext: hex(aesDecryptGCM(sealed, retryKey, nonce, aad)),
    response: { enc_iv: hex(iv), enc_p: hex(answer), plaintext: hex(plain) },
    request: { enc_p: hex(sealed), enc_iv: hex(nonce) },
    message_id: key.id,
    request_node: toPlain(node),
  };
}

export async function makeMedia(folder) {
  begin('media');
  write(folder, 'crypto/media.json', {
    purpose: 'Files as they lie on the media host, and requests to upload one again',
    produced_by: PRODUCED_BY,
    checked: 'each file was opened again by node’s own crypto, each answer by the package',
    media: await makeFiles(),
    media_retry: [
      await makeRetry(
        { remoteJid: '15551234567@s.whatsapp.net', fromMe: false, id: '3EB0C767D9EF4A1B2C3D4E' },
        '/v/t62.7118-24/new_path.enc?ccb=11-4&oh=01_Q5&oe=1',
      ),
      await makeRetry(
        {
          remoteJid: '120363012345678901@g.us',
          fromMe: false,
          id: '3EB0AAAAAAAAAAAAAAAAAA',
          participant: '123456789012345@lid',
        },
        '/v/t62.7118-24/other.enc?ccb=11-4',
      ),
    ],
  });
}
