-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO app_state_collections (name, version, hash) VALUES (:name, :version, :hash)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, hash = excluded.hash;
