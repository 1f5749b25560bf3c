-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Sent with an unclear outcome, and not to be sent again.
UPDATE messages SET status = 'unknown', open = 0, hold_reason = 'unknown_outcome', hold_until_us = NULL
WHERE sequence = :sequence
