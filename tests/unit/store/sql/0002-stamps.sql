-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
CREATE TABLE stamps (
  id INTEGER PRIMARY KEY,
  letter_id INTEGER NOT NULL REFERENCES letters (id) DEFERRABLE INITIALLY DEFERRED,
  value INTEGER NOT NULL CHECK (value > 0)
) STRICT;
CREATE INDEX stamps_by_letter ON stamps (letter_id);
