-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE lanes SET due_us = :due_us WHERE chat = :chat AND busy = 0
