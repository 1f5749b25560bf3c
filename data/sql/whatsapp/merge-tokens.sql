-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The newer token, and the later time of ours.
INSERT INTO privacy_tokens (peer, token, token_time_s, sender_time_s)
SELECT :into_peer, token, token_time_s, sender_time_s FROM privacy_tokens WHERE peer = :from_peer
ON CONFLICT (peer) DO UPDATE SET
  token = CASE WHEN excluded.token_time_s > token_time_s THEN excluded.token ELSE token END,
  sender_time_s = max(sender_time_s, excluded.sender_time_s),
  token_time_s = max(token_time_s, excluded.token_time_s);
