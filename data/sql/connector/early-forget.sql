-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM early_statuses
WHERE sequence IN (SELECT sequence FROM early_statuses WHERE stored_us < :before_us ORDER BY stored_us LIMIT :limit)
