-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Direct chats of a linked line: after how many seconds their messages disappear, 0 for never. Those of groups are with the group.

CREATE TABLE chat_timers (
  chat TEXT PRIMARY KEY, -- chat id, as people see it
  timer_s INTEGER NOT NULL,
  set_s INTEGER NOT NULL -- Unix time of the setting, 0 if it was not said
) STRICT, WITHOUT ROWID;
