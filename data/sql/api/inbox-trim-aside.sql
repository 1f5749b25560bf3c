-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Only the newest are kept: they are for people, and a peer could make any number of them.
DELETE FROM inbox_aside WHERE sequence NOT IN (SELECT sequence FROM inbox_aside ORDER BY sequence DESC LIMIT :keep);
