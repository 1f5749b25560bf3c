-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Before everything that is there.
INSERT INTO messages (sequence, id, network_id, chat, sender, is_request, type, status, timestamp_us, content, quoted_id,
                      quoted_network_id, media_id, starred)
SELECT min (coalesce (min (sequence), 0), 0) - 1, :id, :network_id, :chat, :sender, 0, :type, :status, :timestamp_us, :content,
       :quoted_id, :quoted_network_id, :media_id, :starred
FROM messages
