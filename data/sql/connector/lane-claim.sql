-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE lanes SET busy = 1 WHERE chat = :chat AND head = :head AND busy = 0
