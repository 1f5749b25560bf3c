-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The first of a lane is due, later ones wait for their turn. Nothing for an endpoint that went or sleeps.
INSERT INTO queue (endpoint, event, lane, state, due_us, created_us)
SELECT row, :event, :lane,
       NOT EXISTS (SELECT 1 FROM queue WHERE endpoint = :endpoint AND lane = :lane AND is_passed = 0),
       :now, :now
FROM endpoints
WHERE row = :endpoint AND is_enabled = 1 AND removed_us IS NULL
ON CONFLICT (event, endpoint) DO NOTHING
RETURNING state;
