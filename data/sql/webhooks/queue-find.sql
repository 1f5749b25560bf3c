-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT q.endpoint, q.event, q.lane, q.created_us, e.account
FROM queue q JOIN events e ON e.sequence = q.event WHERE q.delivery = :delivery;
