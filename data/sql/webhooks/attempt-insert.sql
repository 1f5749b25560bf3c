-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO attempts (delivery, number, at_us, is_counted, status, latency_ms, error, answer)
SELECT :delivery, coalesce(max(number), 0) + 1, :at_us, :is_counted, :status, :latency_ms, :error, :answer
FROM attempts WHERE delivery = :delivery;
