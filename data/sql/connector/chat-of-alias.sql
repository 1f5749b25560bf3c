-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT chats.id AS id FROM aliases JOIN chats ON chats.contact = aliases.contact
WHERE aliases.value = :value AND aliases.kind <> 'user_name' LIMIT 1
