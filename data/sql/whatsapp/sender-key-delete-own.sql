-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM sender_keys WHERE group_jid = :group_jid AND key_id IS NOT NULL;
