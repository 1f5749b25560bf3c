-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM sender_keys
WHERE rowid IN (
  SELECT rowid FROM sender_keys ORDER BY changed_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM sender_keys) - :max_rows)));
