-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT row, id, document, is_enabled, created_us, secret, old_secret, old_secret_until_us, headers
FROM endpoints WHERE removed_us IS NULL ORDER BY row;
