-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT id, phone, lid FROM peers WHERE is_own = 1
LIMIT 1;
