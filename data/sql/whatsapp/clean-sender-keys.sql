-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM sender_keys
WHERE rowid IN (SELECT rowid FROM sender_keys WHERE changed_us < :before_us AND key_id IS NULL ORDER BY changed_us LIMIT :limit);
