-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO groups (jid, document, uses_lid, fetched_us, is_stale)
VALUES (:group_jid, :document, :uses_lid, :fetched_us, 0)
ON CONFLICT (jid) DO UPDATE SET document = excluded.document, uses_lid = excluded.uses_lid,
  fetched_us = excluded.fetched_us, is_stale = 0;
