// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Files of messages: downloaded and opened by the package, told as size and hash, or whole.
import { downloadMediaMessage } from '@whiskeysockets/baileys';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

export function makeFiles(connection, kept, logger) {
  async function download({ message, path, is_whole: isWhole = false }) {
    const { sock } = connection;
    const bytes = await downloadMediaMessage(
      kept.get(message),
      'buffer',
      {},
      { logger, reuploadRequest: sock.updateMediaMessage },
    );
    if (path) writeFileSync(path, bytes);
    return {
      size_bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...(isWhole ? { content: bytes } : {}),
    };
  }

  const askAgain = ({ message }) => connection.sock.updateMediaMessage(kept.get(message));
  return { download, askAgain };
}
