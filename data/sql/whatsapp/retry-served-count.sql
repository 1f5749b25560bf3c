-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO retries_served (chat, network_id, peer, device, times, asked_us)
VALUES (:chat, :network_id, :peer, :device, 1, :now_us)
ON CONFLICT (chat, network_id, peer, device) DO UPDATE SET times = times + 1, asked_us = excluded.asked_us;
