-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO chats (id, updated_us) VALUES (:id, :now_us)
ON CONFLICT (id) DO UPDATE SET updated_us = max (updated_us, excluded.updated_us), hidden = 0
