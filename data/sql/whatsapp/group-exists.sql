-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT 1 AS found FROM groups WHERE jid = :group_jid;
