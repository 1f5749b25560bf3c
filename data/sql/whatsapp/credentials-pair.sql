-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE credentials
SET jid = :jid, lid = :lid, device_identity = :device_identity, platform = :platform, business_name = :business_name,
  lid_migration = :lid_migration
WHERE id = 1;
