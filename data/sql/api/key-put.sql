-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO api_keys (id, name, scopes, hash, created_us, last_used_us)
VALUES (:id, :name, :scopes, :hash, :created_us, :last_used_us)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, scopes = excluded.scopes, last_used_us = excluded.last_used_us;
