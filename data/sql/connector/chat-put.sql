-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO chats (id, contact, updated_us) VALUES (:id, :contact, 0)
ON CONFLICT (id) DO UPDATE SET contact = coalesce (excluded.contact, contact)
