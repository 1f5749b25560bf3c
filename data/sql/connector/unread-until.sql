-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What a mark-read is about: the newest 200 at most.
SELECT network_id, sender, type FROM messages
WHERE chat = :chat AND sequence <= :sequence AND sender IS NOT NULL AND status = 'received' AND network_id IS NOT NULL
ORDER BY sequence DESC LIMIT 200
