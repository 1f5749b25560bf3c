-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO early_statuses (network_id, status, timestamp_us, error_code, error_message, original_code, original_details, stored_us,
                            participant)
SELECT :network_id, :status, :timestamp_us, :error_code, :error_message, :original_code, :original_details, :now_us, :participant
WHERE NOT EXISTS (SELECT 1 FROM early_statuses
                  WHERE network_id = :network_id AND status = :status AND participant IS :participant)
  -- Anybody may tell of messages that nobody knows; those of a day are kept.
  AND coalesce((SELECT max(sequence) FROM early_statuses) - (SELECT min(sequence) FROM early_statuses), 0) < 100000
