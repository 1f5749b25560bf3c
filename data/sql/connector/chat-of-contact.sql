-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT id FROM chats WHERE contact = :contact ORDER BY updated_us DESC LIMIT 1
