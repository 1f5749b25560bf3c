-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT 1 AS found FROM sender_key_memory WHERE group_jid = :group_jid AND peer = :peer AND device = :device;
