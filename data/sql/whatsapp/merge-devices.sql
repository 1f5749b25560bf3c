-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Before the lists themselves: the LID's list stays whole.
UPDATE OR IGNORE devices
SET peer = :into_peer
WHERE peer = :from_peer AND NOT EXISTS (SELECT 1 FROM device_lists WHERE peer = :into_peer);
