-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE chats SET unread = :value WHERE id = :id AND unread <> :value
