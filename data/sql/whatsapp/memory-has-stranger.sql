-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Somebody holds our key and is not in the group.
SELECT 1 AS found
FROM sender_key_memory
WHERE group_jid = :group_jid AND peer NOT IN (SELECT peer FROM group_members WHERE group_jid = :group_jid)
LIMIT 1;
