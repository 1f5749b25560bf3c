-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE lanes SET due_us = 0
WHERE busy = 0 AND chat IN (SELECT chat FROM messages WHERE open = 1 AND hold_reason = :reason)
