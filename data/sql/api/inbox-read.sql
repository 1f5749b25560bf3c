-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT sequence, received_us, body FROM inbox WHERE account = :account AND sequence > :after ORDER BY sequence LIMIT :limit;
