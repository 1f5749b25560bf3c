-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- One of ours, in any chat; what could not be read may turn out to be of another chat.
SELECT sequence FROM messages
WHERE network_id = :network_id AND sender IS NULL AND type <> 'undecryptable' LIMIT 1
