-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM audit WHERE sequence IN (SELECT sequence FROM audit WHERE time_us < :before_us ORDER BY time_us LIMIT :step);
