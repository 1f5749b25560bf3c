-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Its members go with it.
DELETE FROM groups WHERE jid = :group_jid;
