-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The first of a lane has its turn.
UPDATE queue SET state = 1, due_us = :now
WHERE state = 0 AND delivery =
  (SELECT delivery FROM queue WHERE endpoint = :endpoint AND lane = :lane AND is_passed = 0 ORDER BY delivery LIMIT 1);
