-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Deliveries are numbered in the order of their birth, so the old ones are the first.
SELECT oldest.delivery, events.type FROM (SELECT delivery, event, created_us FROM queue ORDER BY delivery LIMIT :limit) AS oldest
JOIN events ON events.sequence = oldest.event WHERE oldest.created_us < :older_than_us ORDER BY oldest.delivery;
