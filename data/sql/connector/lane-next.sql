-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT sequence, due_us FROM messages WHERE chat = :chat AND open = 1 ORDER BY sequence LIMIT 1
