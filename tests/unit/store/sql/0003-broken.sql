-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT;
INSERT INTO letters (name) VALUES ('half a migration');
INSERT INTO no_such_table VALUES (1);
