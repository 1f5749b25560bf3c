-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What was asked for and has not come, neither from its author nor from the phone. What our own devices tell one another
-- is in no chat, and no phone gives it again.
SELECT retry_counts.chat, retry_counts.network_id, peers.is_own,
       coalesce(peers.lid || '@lid', peers.phone || '@s.whatsapp.net', peers.other) AS author
FROM retry_counts INDEXED BY retry_counts_by_age
JOIN peers ON peers.id = retry_counts.peer
WHERE asked_us > :after_us
  AND NOT (peers.is_own AND retry_counts.chat IN (coalesce(peers.lid, '') || '@lid', coalesce(peers.phone, '') || '@s.whatsapp.net'))
  AND NOT EXISTS (
    SELECT 1 FROM messages WHERE messages.network_id = retry_counts.network_id AND messages.type <> 'undecryptable'
  )
ORDER BY asked_us DESC
LIMIT :limit;
