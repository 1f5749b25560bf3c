-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT OR REPLACE INTO retry_counts (chat, network_id, peer, device, count, asked_us)
VALUES (:chat, :network_id, :peer, :device, :count, :now_us);
