-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE OR IGNORE identities SET peer = :into_peer WHERE peer = :from_peer;
