-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Whoever sends what cannot be read makes us give out one.
DELETE FROM pre_keys
WHERE id IN (
  SELECT id FROM pre_keys WHERE state = 2 AND used_us IS NULL ORDER BY created_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM pre_keys WHERE state = 2 AND used_us IS NULL) - :max_rows)));
