-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- One of the type and chat that still waits is worth nothing now.
DELETE FROM outbox WHERE is_passing = 1 AND type = :type AND chat = :chat
