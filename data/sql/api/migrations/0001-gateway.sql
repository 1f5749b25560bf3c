-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What ulak-api must not forget. Times are wall clock, microseconds since 1970 UTC.
CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  network TEXT NOT NULL,
  backend TEXT NOT NULL,
  name TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  settings TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- scopes is "*" for all; the hash is BLAKE2b-256 of the secret part.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hash BLOB NOT NULL,
  created_us INTEGER NOT NULL,
  last_used_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- answer is NULL until the line has taken the message.
CREATE TABLE claims (
  principal TEXT NOT NULL,
  key TEXT NOT NULL,
  body_hash BLOB NOT NULL,
  message_id TEXT NOT NULL,
  answer TEXT,
  created_us INTEGER NOT NULL,
  PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_by_age ON claims (created_us);

-- sequence is never used twice, so that a cursor over it cannot skip.
CREATE TABLE inbox (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  received_us INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX inbox_by_account ON inbox (account, sequence);

-- Bodies that their line called invalid, for people to look at.
CREATE TABLE inbox_aside (
  sequence INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  received_us INTEGER NOT NULL,
  aside_us INTEGER NOT NULL,
  reason TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;

-- One row, kept by triggers, so that the disk budget is known without a scan. What was set aside counts too.
CREATE TABLE inbox_size (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  n_rows INTEGER NOT NULL,
  n_bytes INTEGER NOT NULL,
  n_aside INTEGER NOT NULL
) STRICT;
INSERT INTO inbox_size (id, n_rows, n_bytes, n_aside) VALUES (1, 0, 0, 0);
CREATE TRIGGER inbox_added AFTER INSERT ON inbox BEGIN
  UPDATE inbox_size SET n_rows = n_rows + 1, n_bytes = n_bytes + length(new.body);
END;
CREATE TRIGGER inbox_removed AFTER DELETE ON inbox BEGIN
  UPDATE inbox_size SET n_rows = n_rows - 1, n_bytes = n_bytes - length(old.body);
END;
CREATE TRIGGER aside_added AFTER INSERT ON inbox_aside BEGIN
  UPDATE inbox_size SET n_aside = n_aside + 1, n_bytes = n_bytes + length(new.body);
END;
CREATE TRIGGER aside_removed AFTER DELETE ON inbox_aside BEGIN
  UPDATE inbox_size SET n_aside = n_aside - 1, n_bytes = n_bytes - length(old.body);
END;
