-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT 1 AS found FROM sessions WHERE peer = :peer AND device = :device AND slot = 0;
