-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The server gave them out, and nobody came.
DELETE FROM pre_keys
WHERE id IN (
  SELECT id FROM pre_keys WHERE state = 1 AND used_us IS NULL ORDER BY created_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM pre_keys WHERE state = 1 AND used_us IS NULL) - :max_rows)));
