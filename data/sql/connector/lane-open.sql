-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO lanes (chat, head, is_cold, due_us)
SELECT :chat, :head, NOT EXISTS (SELECT 1 FROM chats WHERE id = :chat AND last_inbound_us > :warm_since_us), :due_us WHERE TRUE
ON CONFLICT (chat) DO NOTHING
