-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Of all groups where a device holds our key.
DELETE FROM sender_key_memory
WHERE group_jid IN (SELECT group_jid FROM sender_key_memory WHERE peer = :peer AND device = :device);
