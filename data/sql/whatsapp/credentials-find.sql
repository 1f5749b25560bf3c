-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT registration_id, noise_private, identity_private, adv_secret, jid, lid, device_identity, platform, business_name,
  push_name, lid_migration, routing_info, server_time_offset_s
FROM credentials
WHERE id = 1;
