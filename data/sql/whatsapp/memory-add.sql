-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT OR IGNORE INTO sender_key_memory (group_jid, peer, device, marked_us)
SELECT :group_jid, id, :device, :now_us FROM peers WHERE id = :peer;
