-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The event log, the endpoints, the hot queue, and apart from it the log of what ended.
-- Times are microseconds since 1970 UTC. Numbers for states are promises: append, never renumber.

-- AUTOINCREMENT: a sequence is a cursor that people keep, so it is never used again, even after the newest rows went.
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  type TEXT NOT NULL,
  chat TEXT NOT NULL,
  timestamp_us INTEGER NOT NULL,
  stored_us INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_stored ON events (stored_us);

-- A removed endpoint stays as a row without secrets while its log does.
CREATE TABLE endpoints (
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  document TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  created_us INTEGER NOT NULL,
  removed_us INTEGER,
  secret BLOB,
  old_secret BLOB,
  old_secret_until_us INTEGER,
  headers BLOB
) STRICT;

-- lane: what is ordered, per endpoint. state: 0 waits for its turn, 1 is due at due_us.
-- is_passed: blocked its lane for too long and no longer does. unblock_us: when that happens, from the first failure on.
CREATE TABLE queue (
  delivery INTEGER PRIMARY KEY AUTOINCREMENT,
  endpoint INTEGER NOT NULL REFERENCES endpoints (row),
  event INTEGER NOT NULL REFERENCES events (sequence),
  lane TEXT NOT NULL,
  state INTEGER NOT NULL,
  is_passed INTEGER NOT NULL DEFAULT 0,
  due_us INTEGER NOT NULL,
  unblock_us INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  created_us INTEGER NOT NULL
) STRICT;
CREATE INDEX queue_due ON queue (endpoint, due_us, delivery) WHERE state = 1;
CREATE INDEX queue_lane ON queue (endpoint, lane, is_passed, delivery);
CREATE UNIQUE INDEX queue_event ON queue (event, endpoint);
CREATE INDEX queue_blocking ON queue (unblock_us) WHERE unblock_us IS NOT NULL;

-- status: 1 delivered, 2 dead letter, 3 cancelled.
CREATE TABLE finished (
  delivery INTEGER PRIMARY KEY,
  endpoint INTEGER NOT NULL REFERENCES endpoints (row),
  event INTEGER NOT NULL REFERENCES events (sequence),
  status INTEGER NOT NULL,
  created_us INTEGER NOT NULL,
  finished_us INTEGER NOT NULL
) STRICT;
CREATE INDEX finished_by_endpoint ON finished (endpoint, delivery);
CREATE INDEX finished_by_event ON finished (event, endpoint, delivery);

-- is_counted: the request left, so it used one of the allowed attempts.
CREATE TABLE attempts (
  delivery INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  is_counted INTEGER NOT NULL,
  status INTEGER,
  latency_ms INTEGER NOT NULL,
  error TEXT,
  answer TEXT,
  PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

-- Deliveries in the queue per account, kept in the transactions that change it: nothing ever counts a million rows.
CREATE TABLE pending (
  account TEXT PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
