-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages SET status = 'pending', hold_reason = NULL, hold_until_us = NULL
WHERE open = 1 AND hold_reason = :reason AND status = 'held'
