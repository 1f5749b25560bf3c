-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE sessions SET slot = :to_slot WHERE peer = :peer AND device = :device AND slot = :slot;
