-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT times, base_key
FROM retries_served
WHERE chat = :chat AND network_id = :network_id AND peer = :peer AND device = :device;
