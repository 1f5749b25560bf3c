-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The lane of a message that was just accepted, if nothing waits before it. is_new as in lanes-due.sql.
SELECT is_cold,
       is_cold = 1 AND chat NOT LIKE '%@g.us' AND chat NOT LIKE '%@broadcast' AND chat NOT LIKE '%@newsletter'
         AND NOT EXISTS (SELECT 1 FROM messages AS earlier WHERE earlier.chat = lanes.chat AND earlier.sequence < lanes.head
                         AND earlier.type <> 'system' AND earlier.status <> 'failed') AS is_new
FROM lanes WHERE chat = :chat AND head = :head AND busy = 0
