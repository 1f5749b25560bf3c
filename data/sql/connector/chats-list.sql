-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT chats.*, (SELECT max (sequence) FROM messages WHERE chat = chats.id) AS last_sequence FROM chats
WHERE (updated_us, id) < (:before_us, :before_id) ORDER BY updated_us DESC, id DESC LIMIT :limit
