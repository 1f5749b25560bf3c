-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT id, name, scopes, hash, created_us, last_used_us FROM api_keys ORDER BY created_us, id;
