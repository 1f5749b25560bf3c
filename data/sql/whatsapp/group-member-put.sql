-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO group_members (group_jid, peer, rank)
VALUES (:group_jid, :peer, :rank)
ON CONFLICT (group_jid, peer) DO UPDATE SET rank = excluded.rank;
