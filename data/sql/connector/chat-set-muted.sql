-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE chats SET muted_until_us = :value WHERE id = :id AND muted_until_us <> :value
