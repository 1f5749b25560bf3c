-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO sent (chat, network_id, plain, note, sent_us)
VALUES (:chat, :network_id, :plain, :note, :now_us)
ON CONFLICT (chat, network_id) DO UPDATE SET plain = excluded.plain, note = excluded.note, sent_us = excluded.sent_us;
