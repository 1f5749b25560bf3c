-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- An earlier shadow, where there is none.
UPDATE OR IGNORE sender_keys SET peer = :into_peer WHERE peer = :from_peer AND slot = 1;
