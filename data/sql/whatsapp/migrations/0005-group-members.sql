-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Since when each member is known in its group: what we sent before is not sent again to those who came later.

ALTER TABLE group_members ADD COLUMN since_us INTEGER NOT NULL DEFAULT 0; -- 0: was there when we first heard of the group
