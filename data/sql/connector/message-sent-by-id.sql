-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT sequence, status, open, chat, network_id, hold_reason FROM messages WHERE id = :id AND sender IS NULL
