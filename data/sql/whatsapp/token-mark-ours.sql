-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO privacy_tokens (peer, sender_time_s)
VALUES (:peer, :sender_time_s)
ON CONFLICT (peer) DO UPDATE SET sender_time_s = excluded.sender_time_s
  WHERE excluded.sender_time_s = 0 OR excluded.sender_time_s > sender_time_s;
