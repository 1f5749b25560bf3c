-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Until when nobody can have joined whom we do not know: the last list, or, after we had left, what we sent before that.
SELECT coalesce((SELECT fetched_us FROM groups WHERE jid = :group_jid),
                (SELECT max(sent_us) + 1 FROM sent WHERE chat = :group_jid), 0) AS whole_us;
