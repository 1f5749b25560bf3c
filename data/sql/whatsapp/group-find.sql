-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT document, uses_lid, fetched_us FROM groups WHERE jid = :group_jid AND is_stale = 0;
