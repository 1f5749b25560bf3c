-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE OR IGNORE group_members SET peer = :into_peer WHERE peer = :from_peer;
