-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- is_new: a person who never wrote, and to whom nothing went before.
SELECT messages.sequence AS sequence, messages.id AS id, messages.chat AS chat, messages.status AS status,
       messages.hold_reason AS hold_reason, messages.tries AS tries, lanes.due_us AS due_us, lanes.is_cold AS is_cold,
       lanes.is_cold = 1 AND lanes.chat NOT LIKE '%@g.us' AND lanes.chat NOT LIKE '%@broadcast' AND lanes.chat NOT LIKE '%@newsletter'
         AND NOT EXISTS (SELECT 1 FROM messages AS earlier WHERE earlier.chat = lanes.chat AND earlier.sequence < lanes.head
                         AND earlier.type <> 'system' AND earlier.status <> 'failed') AS is_new
FROM lanes JOIN messages ON messages.sequence = lanes.head
WHERE lanes.busy = 0 AND lanes.is_cold = :is_cold AND lanes.due_us <= :now_us
ORDER BY lanes.due_us LIMIT :limit
