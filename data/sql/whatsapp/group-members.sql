-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT peer, rank, since_us FROM group_members WHERE group_jid = :group_jid ORDER BY peer;
