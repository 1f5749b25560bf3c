-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM message_secrets
WHERE (chat, network_id, author) IN (SELECT chat, network_id, author FROM message_secrets WHERE kept_us < :before_us ORDER BY kept_us LIMIT :limit);
