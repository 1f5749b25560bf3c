-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT sequence, chat, status, hold_reason FROM messages
WHERE open = 1 AND expires_us IS NOT NULL AND expires_us <= :now_us AND status <> 'sending'
ORDER BY expires_us LIMIT :limit
