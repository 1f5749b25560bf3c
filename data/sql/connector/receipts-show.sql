-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT coalesce (sum (rank >= 3), 0) AS delivered, coalesce (sum (rank >= 4), 0) AS read, coalesce (sum (rank >= 5), 0) AS played
FROM receipts WHERE message = :message
