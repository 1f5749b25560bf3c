-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Oldest first; is_needed: a delivery of it is still queued.
SELECT sequence, stored_us, EXISTS (SELECT 1 FROM queue WHERE event = sequence) AS is_needed
FROM events WHERE sequence > :after ORDER BY sequence LIMIT :limit;
