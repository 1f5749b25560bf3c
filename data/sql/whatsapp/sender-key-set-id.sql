-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE sender_keys
SET key_id = :key_id
WHERE group_jid = :group_jid AND peer = :peer AND device = :device AND slot = 0 AND key_id IS NOT :key_id;
