-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT author, secret
FROM message_secrets
WHERE chat IN (:chat, :other_chat) AND network_id = :network_id
ORDER BY kept_us
LIMIT 1;
