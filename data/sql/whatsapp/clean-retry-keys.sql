-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Given out in a retry receipt that nobody answered.
DELETE FROM pre_keys
WHERE id IN (SELECT id FROM pre_keys WHERE created_us < :before_us AND state = 2 AND used_us IS NULL ORDER BY created_us LIMIT :limit);
