-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- One line: who, which chats, which messages, what must still leave, what must still be told.
-- Times are wall clock in microseconds (UTC). Texts in status, type and reason columns are those of docs/messages.md,
-- and `sending`: claimed, so that bytes may have left.

-- A person. The aliases are how networks call them.
CREATE TABLE contacts (
  id TEXT PRIMARY KEY,
  name TEXT,
  created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE aliases (
  kind TEXT NOT NULL, -- user_id, lid, wa_id, phone, user_name
  value TEXT NOT NULL,
  contact TEXT NOT NULL REFERENCES contacts (id),
  first_seen_us INTEGER NOT NULL,
  last_seen_us INTEGER NOT NULL,
  PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_of_contact ON aliases (contact, kind);

CREATE TABLE chats (
  id TEXT PRIMARY KEY,
  contact TEXT REFERENCES contacts (id), -- NULL: a group, or nobody wrote yet
  name TEXT,
  unread INTEGER NOT NULL DEFAULT 0,
  last_inbound_us INTEGER NOT NULL DEFAULT 0,
  updated_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX chats_by_activity ON chats (updated_us, id);
CREATE INDEX chats_of_contact ON chats (contact) WHERE contact IS NOT NULL;

CREATE TABLE messages (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  network_id TEXT,
  chat TEXT NOT NULL,
  sender TEXT,                       -- NULL: from us
  is_request INTEGER NOT NULL,       -- content is a send document; else the fields of a stored message
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  timestamp_us INTEGER NOT NULL,
  content TEXT NOT NULL,
  quoted_id TEXT,
  quoted_network_id TEXT,
  media_id TEXT,
  open INTEGER NOT NULL DEFAULT 0,   -- 1: still to be sent
  due_us INTEGER NOT NULL DEFAULT 0, -- not before
  tries INTEGER NOT NULL DEFAULT 0,
  expires_us INTEGER,
  hold_reason TEXT,
  hold_until_us INTEGER,             -- NULL: until something happens
  error_code TEXT,
  error_message TEXT,
  original_code INTEGER,
  original_subcode INTEGER,
  original_details TEXT
) STRICT;
CREATE INDEX messages_of_chat ON messages (chat, sequence);
CREATE INDEX messages_by_network_id ON messages (network_id) WHERE network_id IS NOT NULL;
CREATE INDEX messages_open ON messages (chat, sequence) WHERE open = 1;
CREATE INDEX messages_expiring ON messages (expires_us) WHERE open = 1 AND expires_us IS NOT NULL;
CREATE INDEX messages_held ON messages (hold_reason) WHERE open = 1 AND hold_reason IS NOT NULL;
CREATE INDEX messages_using_media ON messages (media_id) WHERE open = 1 AND media_id IS NOT NULL;

-- One row per chat that has something to send: the queue looks only at heads, so that 100,000 messages for one chat
-- cost as much as one.
CREATE TABLE lanes (
  chat TEXT PRIMARY KEY,
  head INTEGER NOT NULL,    -- messages.sequence of the oldest open one
  is_cold INTEGER NOT NULL, -- 1: the chat did not write lately
  due_us INTEGER NOT NULL,
  busy INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_due ON lanes (busy, is_cold, due_us);

-- Statuses that came before the answer that names the message they are about.
CREATE TABLE early_statuses (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  network_id TEXT NOT NULL,
  status TEXT NOT NULL,
  timestamp_us INTEGER NOT NULL,
  error_code TEXT,
  error_message TEXT,
  original_code INTEGER,
  original_details TEXT,
  stored_us INTEGER NOT NULL
) STRICT;
CREATE INDEX early_statuses_of ON early_statuses (network_id);
CREATE INDEX early_statuses_by_age ON early_statuses (stored_us);

-- What came in, by a short hash, longer than the messages themselves are kept.
CREATE TABLE seen (
  hash TEXT PRIMARY KEY,
  seen_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_by_age ON seen (seen_us);

-- Events that ulak-webhooks has not confirmed yet.
CREATE TABLE outbox (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  chat TEXT NOT NULL,
  timestamp_us INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  document TEXT NOT NULL,
  stored_us INTEGER NOT NULL
) STRICT;

CREATE TABLE media (
  id TEXT PRIMARY KEY,
  mime_type TEXT,
  size_bytes INTEGER NOT NULL DEFAULT 0,
  sha256 TEXT,
  file_name TEXT,              -- to show, never a path
  stored_name TEXT,            -- the file in the media folder; NULL: not here
  reference TEXT,              -- JSON: how the network is asked for it; NULL: uploaded to us
  network_handle TEXT,
  handle_until_us INTEGER NOT NULL DEFAULT 0,
  created_us INTEGER NOT NULL,
  used_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX media_by_file ON media (stored_name) WHERE stored_name IS NOT NULL;
CREATE INDEX media_by_use ON media (used_us) WHERE stored_name IS NOT NULL;
