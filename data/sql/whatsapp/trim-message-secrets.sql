-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM message_secrets
WHERE (chat, network_id, author) IN (
  SELECT chat, network_id, author FROM message_secrets ORDER BY kept_us
  LIMIT max(0, min(:limit, (SELECT count(*) FROM message_secrets) - :max_rows)));
