-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM groups
WHERE jid IN (SELECT jid FROM groups WHERE fetched_us < :before_us ORDER BY fetched_us LIMIT :limit);
