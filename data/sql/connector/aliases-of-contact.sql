-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The value seen last stands for its kind.
SELECT kind, value, max (last_seen_us) AS last_seen_us FROM aliases WHERE contact = :contact GROUP BY kind
