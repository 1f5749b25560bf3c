-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO receipts (message, participant, rank, timestamp_us)
SELECT :message, :participant, :rank, :timestamp_us
WHERE (SELECT count(*) FROM receipts WHERE message = :message) < :limit
   OR EXISTS (SELECT 1 FROM receipts WHERE message = :message AND participant = :participant)
ON CONFLICT (message, participant) DO UPDATE SET rank = excluded.rank, timestamp_us = excluded.timestamp_us
WHERE excluded.rank > rank
