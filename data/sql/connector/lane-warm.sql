-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What held it because the chat did not write is over.
UPDATE lanes SET is_cold = 0,
  due_us = CASE WHEN (SELECT hold_reason FROM messages WHERE sequence = head)
                     IN ('new_contact', 'quiet_hours', 'stranger', 'time_lock') THEN 0 ELSE due_us END
WHERE chat = :chat AND is_cold = 1
