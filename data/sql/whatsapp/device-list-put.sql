-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- A list without a rawId keeps the one that was told before.
INSERT INTO device_lists (peer, raw_id, fetched_us)
VALUES (:peer, :raw_id, :fetched_us)
ON CONFLICT (peer) DO UPDATE SET raw_id = coalesce(excluded.raw_id, raw_id), fetched_us = excluded.fetched_us;
