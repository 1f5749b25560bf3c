-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT jid FROM groups WHERE jid > :after_group ORDER BY jid LIMIT :limit;
