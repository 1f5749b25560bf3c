-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Who is not put again before group-members-remove-doubted is gone.
UPDATE group_members SET rank = -1 WHERE group_jid = :group_jid;
