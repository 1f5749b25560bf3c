-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- +d.endpoint: walk the numbers downwards, not the endpoint's lanes.
SELECT d.delivery, d.event, e.id, e.type, e.account, e.chat, d.created_us, 0 AS status, d.state, d.due_us, d.attempts, d.failures
FROM queue d JOIN events e ON e.sequence = d.event
WHERE +d.endpoint = :endpoint AND d.delivery < :before ORDER BY d.delivery DESC LIMIT :limit;
