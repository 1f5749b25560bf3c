-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE groups SET is_stale = 1 WHERE jid = :group_jid;
