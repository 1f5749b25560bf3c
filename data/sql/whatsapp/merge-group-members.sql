-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO group_members (group_jid, peer, rank, since_us)
SELECT group_jid, :into_peer, rank, since_us FROM group_members WHERE peer = :from_peer
ON CONFLICT (group_jid, peer) DO UPDATE SET since_us = min(since_us, excluded.since_us);
