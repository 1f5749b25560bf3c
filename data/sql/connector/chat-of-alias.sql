-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT chats.id AS id FROM aliases JOIN chats ON chats.contact = aliases.contact
WHERE aliases.kind IN ('user_id', 'lid', 'wa_id', 'phone') AND aliases.value = :value LIMIT 1
