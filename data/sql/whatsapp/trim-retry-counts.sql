-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM retry_counts
WHERE (chat, network_id, peer, device) IN (
  SELECT chat, network_id, peer, device FROM retry_counts ORDER BY asked_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM retry_counts) - :max_rows)));
