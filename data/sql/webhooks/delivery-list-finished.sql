-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT d.delivery, d.event, e.id, e.type, e.account, e.chat, d.created_us, d.status, d.finished_us
FROM finished d INDEXED BY finished_by_endpoint JOIN events e ON e.sequence = d.event
WHERE d.endpoint = :endpoint AND d.delivery < :before AND (:status = 0 OR d.status = :status)
ORDER BY d.delivery DESC LIMIT :limit;
