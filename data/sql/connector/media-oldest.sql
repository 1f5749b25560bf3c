-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The least recently used first; what a message that is still to be sent names is in use.
SELECT id, stored_name, size_bytes FROM media
WHERE stored_name IS NOT NULL AND used_us < :before_us
  AND NOT EXISTS (SELECT 1 FROM messages WHERE open = 1 AND media_id = media.id)
ORDER BY used_us LIMIT :limit
