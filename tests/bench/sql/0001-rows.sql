-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
CREATE TABLE rows (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX rows_by_key ON rows (key);
