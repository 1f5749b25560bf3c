-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Heads that are due, oldest first. is_late: earlier events of the lane were passed over and are still tried.
SELECT q.delivery, q.event, q.lane, q.attempts, q.failures, q.created_us,
       e.id, e.account, e.type, e.chat, e.timestamp_us,
       EXISTS (SELECT 1 FROM queue p WHERE p.endpoint = q.endpoint AND p.lane = q.lane AND p.is_passed = 1
               AND p.delivery < q.delivery) AS is_late,
       e.data
FROM queue q INDEXED BY queue_due JOIN events e ON e.sequence = q.event
WHERE q.endpoint = :endpoint AND q.state = 1 AND q.due_us <= :now
ORDER BY q.due_us, q.delivery LIMIT :limit;
