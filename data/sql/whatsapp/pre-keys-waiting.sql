-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Made for an upload that was not confirmed.
SELECT id, public_key
FROM pre_keys INDEXED BY pre_keys_by_state
WHERE state = 0 AND used_us IS NULL
ORDER BY created_us, id
LIMIT :limit;
