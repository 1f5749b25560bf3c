-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT (SELECT count(*) FROM messages WHERE open = 1) AS depth,
       (SELECT count(*) FROM messages WHERE open = 1 AND hold_reason IS NOT NULL AND status IN ('held', 'unknown')) AS held,
       (SELECT count(*) FROM outbox) AS events
