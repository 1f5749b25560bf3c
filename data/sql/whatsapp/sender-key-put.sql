-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO sender_keys (group_jid, peer, device, slot, record, changed_us)
VALUES (:group_jid, :peer, :device, :slot, :record, :now_us)
ON CONFLICT (group_jid, peer, device, slot)
DO UPDATE SET record = excluded.record, changed_us = excluded.changed_us;
