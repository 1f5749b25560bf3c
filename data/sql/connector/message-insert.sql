-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO messages (id, network_id, chat, sender, is_request, type, status, timestamp_us, content, quoted_id,
                      quoted_network_id, media_id, open, due_us, expires_us)
VALUES (:id, :network_id, :chat, :sender, :is_request, :type, :status, :timestamp_us, :content, :quoted_id,
        :quoted_network_id, :media_id, :open, :due_us, nullif (:expires_us, 0))
