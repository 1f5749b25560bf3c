-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages
SET status = :status, network_id = coalesce (:network_id, network_id), open = 0, hold_reason = NULL, hold_until_us = NULL,
    error_code = NULL, error_message = NULL, original_code = NULL, original_subcode = NULL, original_details = NULL
WHERE sequence = :sequence
