-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT 1 AS found FROM sender_keys WHERE group_jid = :group_jid AND key_id = :key_id AND slot = 0;
