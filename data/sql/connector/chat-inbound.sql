-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO chats (id, contact, name, unread, last_inbound_us, updated_us)
VALUES (:id, :contact, :name, :unread, :now_us, :now_us)
ON CONFLICT (id) DO UPDATE
SET contact = coalesce (excluded.contact, contact), name = coalesce (excluded.name, name), unread = unread + excluded.unread,
    last_inbound_us = max (last_inbound_us, excluded.last_inbound_us), updated_us = max (updated_us, excluded.updated_us),
    hidden = 0
