-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What both have: the other one becomes the shadow.
UPDATE OR REPLACE sender_keys SET peer = :into_peer, slot = 1 WHERE peer = :from_peer AND slot = 0;
