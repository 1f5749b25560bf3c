-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE chats SET marked_unread = 0,
  unread = (SELECT count(*) FROM messages WHERE chat = :chat AND sequence > 0 AND sender IS NOT NULL
            AND status = 'received' AND type <> 'reaction')
WHERE id = :chat
