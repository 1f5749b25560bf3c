-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE chats SET name = :name WHERE id = :id AND name IS NOT :name
