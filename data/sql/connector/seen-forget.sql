-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM seen WHERE hash IN (SELECT hash FROM seen WHERE seen_us < :before_us ORDER BY seen_us LIMIT :limit)
