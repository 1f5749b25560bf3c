-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT plain, note, sent_us
FROM sent
WHERE chat IN (:chat, :other_chat) AND network_id = :network_id
ORDER BY sent_us DESC
LIMIT 1;
