-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Messages of a network id in a chat or in another chat of its person: one, but for ids that several senders chose.
SELECT sequence, id, chat, sender, type, edited_us, is_request FROM messages
WHERE network_id = :network_id AND (chat = :chat OR chat IN (SELECT id FROM chats WHERE contact = :contact))
ORDER BY sequence DESC
