-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT timer_s, set_s FROM chat_timers WHERE chat = :chat
