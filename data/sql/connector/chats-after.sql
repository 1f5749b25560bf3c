-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT id FROM chats WHERE id > :after ORDER BY id LIMIT :limit
