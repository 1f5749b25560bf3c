-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Deliveries are numbered in the order of their birth, so the old ones are the first.
SELECT delivery, finished_us FROM finished ORDER BY delivery LIMIT :limit;
