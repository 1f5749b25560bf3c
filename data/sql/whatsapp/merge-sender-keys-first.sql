-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What only one of both has.
UPDATE OR IGNORE sender_keys SET peer = :into_peer WHERE peer = :from_peer AND slot = 0;
