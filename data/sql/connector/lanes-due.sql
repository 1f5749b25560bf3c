-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT messages.sequence AS sequence, messages.id AS id, messages.chat AS chat, messages.status AS status,
       messages.hold_reason AS hold_reason, messages.tries AS tries, lanes.due_us AS due_us, lanes.is_cold AS is_cold
FROM lanes JOIN messages ON messages.sequence = lanes.head
WHERE lanes.busy = 0 AND lanes.is_cold = :is_cold AND lanes.due_us <= :now_us
ORDER BY lanes.due_us LIMIT :limit
