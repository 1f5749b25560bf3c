-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Used, and past the grace time.
DELETE FROM pre_keys
WHERE id IN (SELECT id FROM pre_keys WHERE used_us < :before_us ORDER BY used_us LIMIT :limit);
