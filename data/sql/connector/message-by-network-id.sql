-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT * FROM messages WHERE network_id = :network_id ORDER BY sequence DESC LIMIT 1
