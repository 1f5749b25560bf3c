-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Sessions, lists, tokens and the rest of them go along.
DELETE FROM peers
WHERE id IN (SELECT id FROM peers WHERE seen_us < :before_us AND is_own = 0 ORDER BY seen_us LIMIT :limit);
