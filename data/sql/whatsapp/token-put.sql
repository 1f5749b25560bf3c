-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO privacy_tokens (peer, token, token_time_s)
VALUES (:peer, :token, :token_time_s)
ON CONFLICT (peer) DO UPDATE SET token = excluded.token, token_time_s = excluded.token_time_s
  WHERE excluded.token_time_s > token_time_s OR token IS NULL;
