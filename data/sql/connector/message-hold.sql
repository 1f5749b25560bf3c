-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages SET status = :status, hold_reason = :reason, hold_until_us = nullif (:until_us, 0)
WHERE sequence = :sequence AND open = 1
