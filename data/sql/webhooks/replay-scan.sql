-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Events since a time that are not queued for the endpoint, with what became of the last delivery of each.
SELECT sequence, account, type, chat,
       coalesce((SELECT status FROM finished f WHERE f.event = sequence AND f.endpoint = :endpoint
                 ORDER BY f.delivery DESC LIMIT 1), 0) AS status
FROM events
WHERE stored_us >= :since AND sequence > :after AND sequence <= :until
  AND NOT EXISTS (SELECT 1 FROM queue WHERE event = sequence AND endpoint = :endpoint)
ORDER BY sequence LIMIT :limit;
