-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE lanes SET due_us = :now_us
WHERE busy = 0 AND due_us > :now_us AND head IN (SELECT sequence FROM messages WHERE open = 1 AND hold_reason = :reason)
