-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- uploaded 0: of those that the server does not have yet.
SELECT id, public_key, signature, created_us
FROM signed_pre_keys
WHERE is_uploaded = :is_uploaded
ORDER BY created_us DESC, id DESC
LIMIT 1;
