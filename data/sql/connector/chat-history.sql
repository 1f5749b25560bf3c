-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- A chat that a history tells of is as old as its newest message.
INSERT INTO chats (id, contact, updated_us) VALUES (:id, :contact, :timestamp_us)
ON CONFLICT (id) DO UPDATE SET contact = coalesce (contact, excluded.contact), updated_us = max (updated_us, excluded.updated_us)
