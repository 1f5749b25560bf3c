-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM peers
WHERE id IN (
  SELECT id FROM peers WHERE is_own = 0 ORDER BY seen_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM peers WHERE is_own = 0) - :max_rows)));
