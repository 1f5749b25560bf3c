-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages
SET status = :status, due_us = :due_us, tries = tries - :uncounted, hold_reason = :reason, hold_until_us = :due_us,
    error_code = :error_code, error_message = :error_message, original_code = nullif (:original_code, 0),
    original_subcode = nullif (:original_subcode, 0), original_details = :original_details
WHERE sequence = :sequence
