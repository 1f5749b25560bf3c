-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM groups
WHERE jid IN (
  SELECT jid FROM groups ORDER BY fetched_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM groups) - :max_rows)));
