-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO early_statuses (network_id, status, timestamp_us, error_code, error_message, original_code, original_details, stored_us,
                            participant)
SELECT :network_id, :status, :timestamp_us, :error_code, :error_message, :original_code, :original_details, :now_us, :participant
WHERE NOT EXISTS (SELECT 1 FROM early_statuses
                  WHERE network_id = :network_id AND status = :status AND participant IS :participant)
