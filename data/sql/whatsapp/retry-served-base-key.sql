-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE retries_served
SET base_key = :base_key
WHERE chat = :chat AND network_id = :network_id AND peer = :peer AND device = :device;
