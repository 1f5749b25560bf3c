-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM retry_counts
WHERE (chat, network_id, peer, device) IN (SELECT chat, network_id, peer, device FROM retry_counts WHERE asked_us < :before_us ORDER BY asked_us LIMIT :limit);
