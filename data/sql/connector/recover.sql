-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- After a start: what was claimed and never answered may have been sent.
UPDATE messages SET status = 'unknown', hold_reason = 'unknown_outcome', hold_until_us = :until_us, due_us = :until_us
WHERE sequence = :sequence AND status = 'sending'
