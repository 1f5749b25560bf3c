-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT min(due_us) AS due_us FROM queue INDEXED BY queue_due
WHERE endpoint = :endpoint AND state = 1 AND due_us > :now;
