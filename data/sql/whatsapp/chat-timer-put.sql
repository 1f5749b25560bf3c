-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO chat_timers (chat, timer_s, set_s) VALUES (:chat, :timer_s, :set_s)
ON CONFLICT (chat) DO UPDATE SET timer_s = excluded.timer_s, set_s = excluded.set_s
WHERE excluded.set_s = 0 OR excluded.set_s > chat_timers.set_s
