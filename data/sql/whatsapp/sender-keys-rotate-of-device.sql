-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Our keys of all groups where a device holds one.
DELETE FROM sender_keys
WHERE key_id IS NOT NULL
  AND group_jid IN (SELECT group_jid FROM sender_key_memory WHERE peer = :peer AND device = :device);
