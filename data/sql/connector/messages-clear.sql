-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM messages WHERE chat = :chat AND timestamp_us <= :until_us AND (starred = 0 OR :keeps_starred = 0) AND open = 0
