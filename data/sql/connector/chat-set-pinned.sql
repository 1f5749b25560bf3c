-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE chats SET pinned_us = :value WHERE id = :id AND pinned_us <> :value
