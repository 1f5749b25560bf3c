-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Messages that the network does not know are none to it.
SELECT * FROM messages WHERE chat = :chat AND network_id IS NOT NULL ORDER BY sequence ASC LIMIT 1
