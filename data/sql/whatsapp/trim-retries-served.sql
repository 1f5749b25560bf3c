-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM retries_served
WHERE (chat, network_id, peer, device) IN (
  SELECT chat, network_id, peer, device FROM retries_served ORDER BY asked_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM retries_served) - :max_rows)));
