-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM group_members WHERE group_jid = :group_jid AND rank < 0;
