-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM sessions
WHERE rowid IN (SELECT rowid FROM sessions WHERE changed_us < :before_us AND slot = 1 ORDER BY changed_us LIMIT :limit);
