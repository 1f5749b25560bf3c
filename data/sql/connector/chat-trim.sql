-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM messages WHERE sequence IN
  (SELECT sequence FROM messages WHERE chat = :chat AND sequence <= :last AND open = 0 ORDER BY sequence LIMIT :limit)
