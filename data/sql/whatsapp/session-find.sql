-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT record FROM sessions WHERE peer = :peer AND device = :device AND slot = :slot;
