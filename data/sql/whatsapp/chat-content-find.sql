-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT content FROM messages
WHERE network_id = :network_id AND type = 'poll'
  AND (chat = :chat OR (:is_direct AND (instr(chat, '@') = 0 OR chat LIKE '%@lid')))
ORDER BY sequence DESC
LIMIT 1
