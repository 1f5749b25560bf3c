-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE chats SET marked_unread = :value WHERE id = :id AND marked_unread <> :value
