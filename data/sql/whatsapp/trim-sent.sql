-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM sent
WHERE rowid IN (
  SELECT rowid FROM sent ORDER BY sent_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM sent) - :max_rows)));
