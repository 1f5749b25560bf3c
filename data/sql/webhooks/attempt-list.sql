-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT number, at_us, is_counted, status, latency_ms, error, answer FROM attempts
WHERE delivery = :delivery ORDER BY number;
