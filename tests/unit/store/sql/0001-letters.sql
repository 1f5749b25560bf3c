-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
CREATE TABLE letters (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, weight REAL, body BLOB) STRICT;
