-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE lanes SET head = :head, due_us = :due_us, busy = 0 WHERE chat = :chat
