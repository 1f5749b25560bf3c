-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages
SET status = 'failed', network_id = coalesce (:network_id, network_id), open = 0, hold_reason = NULL, hold_until_us = NULL,
    error_code = :error_code, error_message = :error_message, original_code = nullif (:original_code, 0),
    original_subcode = nullif (:original_subcode, 0), original_details = :original_details
WHERE sequence = :sequence
