-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE sender_keys
SET slot = :to_slot
WHERE group_jid = :group_jid AND peer = :peer AND device = :device AND slot = :slot;
