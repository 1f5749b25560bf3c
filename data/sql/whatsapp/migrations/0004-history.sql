-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What the phone gives of its past, and the state that the devices of an account share.

-- A part of the history that was announced. state: 0 to be fetched or taken in, 1 taken in, 2 given up.
CREATE TABLE history_blobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id TEXT NOT NULL,          -- that told of it
  digest BLOB NOT NULL UNIQUE,       -- SHA-256 of the encrypted file or of the inline bytes: the same part is taken in once
  sync_type INTEGER NOT NULL,
  progress INTEGER NOT NULL,
  inline_bytes BLOB,                 -- NULL: a file of the media hosts
  reference TEXT,                    -- JSON, as whatsapp/media/media-reference.h
  state INTEGER NOT NULL DEFAULT 0,
  pass INTEGER NOT NULL DEFAULT 0,   -- 0: people, 1: messages and chats
  done_items INTEGER NOT NULL DEFAULT 0, -- of this pass
  noted_us INTEGER NOT NULL
) STRICT;
CREATE INDEX history_blobs_by_state ON history_blobs (state, id);

-- Keys come from the phone and are good for ever.
CREATE TABLE app_state_keys (
  key_id BLOB PRIMARY KEY,
  key_data BLOB NOT NULL,
  timestamp_ms INTEGER NOT NULL, -- of the phone
  stored_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys that something is sealed with and that we were not given.
CREATE TABLE app_state_missing_keys (
  key_id BLOB PRIMARY KEY,
  asked_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE app_state_collections (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  hash BLOB NOT NULL -- 128 bytes
) STRICT, WITHOUT ROWID;

CREATE TABLE app_state_records (
  collection TEXT NOT NULL,
  index_mac BLOB NOT NULL,
  value_mac BLOB NOT NULL,
  PRIMARY KEY (collection, index_mac)
) STRICT, WITHOUT ROWID;
