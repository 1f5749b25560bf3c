-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT count(*) AS n FROM outbox WHERE is_passing = 1
