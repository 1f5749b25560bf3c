-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Of each kind, the one that was seen last counts.
SELECT kind, value, last_seen_us FROM aliases WHERE contact = :contact
