-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT chats.id AS id, coalesce (contacts.saved_name, chats.name) AS name, chats.unread AS unread, chats.updated_us AS updated_us,
       chats.archived AS archived, chats.pinned_us AS pinned_us, chats.muted_until_us AS muted_until_us,
       chats.marked_unread AS marked_unread, (SELECT max (sequence) FROM messages WHERE chat = chats.id) AS last_sequence
FROM chats LEFT JOIN contacts ON contacts.id = chats.contact
WHERE (updated_us, chats.id) < (:before_us, :before_id) AND hidden = 0 ORDER BY updated_us DESC, chats.id DESC LIMIT :limit
