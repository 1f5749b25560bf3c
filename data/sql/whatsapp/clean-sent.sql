-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM sent
WHERE rowid IN (SELECT rowid FROM sent WHERE sent_us < :before_us ORDER BY sent_us LIMIT :limit);
