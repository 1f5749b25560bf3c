-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT id, phone, lid
FROM peers
WHERE id > :after_id AND phone IS NOT NULL AND lid IS NOT NULL
ORDER BY id
LIMIT :limit;
