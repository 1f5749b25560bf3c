-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO group_members (group_jid, peer, rank, since_us)
VALUES (:group_jid, :peer, :rank, :since_us)
ON CONFLICT (group_jid, peer) DO UPDATE SET rank = excluded.rank, since_us = iif(:joins, excluded.since_us, since_us);
