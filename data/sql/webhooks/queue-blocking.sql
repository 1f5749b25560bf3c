-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT delivery, endpoint, lane FROM queue INDEXED BY queue_blocking
WHERE unblock_us IS NOT NULL AND unblock_us <= :now ORDER BY unblock_us LIMIT :limit;
