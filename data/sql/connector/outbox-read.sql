-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT * FROM outbox WHERE sequence > :after ORDER BY sequence LIMIT :limit
