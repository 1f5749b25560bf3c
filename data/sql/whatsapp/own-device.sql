-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT peers.id AS peer, credentials.jid AS jid
FROM credentials, peers
WHERE credentials.id = 1 AND credentials.jid IS NOT NULL AND peers.is_own = 1
LIMIT 1;
