-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- A linked device: its keys, the people it knows, and a ratchet with each of their devices.
-- Times are wall clock in microseconds (UTC). JIDs are texts; those of users never with a device.

CREATE TABLE credentials (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  registration_id INTEGER NOT NULL,
  noise_private BLOB NOT NULL,    -- sealed, as are the two below
  identity_private BLOB NOT NULL,
  adv_secret BLOB NOT NULL,
  next_pre_key_id INTEGER NOT NULL DEFAULT 1,
  jid TEXT,                       -- with our device, as is lid
  lid TEXT,
  device_identity BLOB,
  platform TEXT,
  business_name TEXT,
  push_name TEXT,
  lid_migration INTEGER NOT NULL DEFAULT 0,
  routing_info BLOB,
  server_time_offset_s INTEGER NOT NULL DEFAULT 0,
  nct_salt BLOB,
  created_us INTEGER NOT NULL
) STRICT;

-- Marked in a copy: its ratchets were used on by the original.
CREATE TABLE generation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  is_copy INTEGER NOT NULL
) STRICT;
INSERT INTO generation (id, is_copy) VALUES (1, 0);

CREATE TABLE pre_keys (
  id INTEGER PRIMARY KEY,
  record BLOB NOT NULL,
  public_key BLOB NOT NULL,
  state INTEGER NOT NULL, -- 0: not uploaded, 1: uploaded, 2: given out by hand in a retry receipt
  created_us INTEGER NOT NULL,
  used_us INTEGER         -- NULL: not yet
) STRICT;
CREATE INDEX pre_keys_by_state ON pre_keys (state, created_us) WHERE used_us IS NULL;
CREATE INDEX pre_keys_by_use ON pre_keys (used_us) WHERE used_us IS NOT NULL;

CREATE TABLE signed_pre_keys (
  id INTEGER PRIMARY KEY,
  record BLOB NOT NULL,
  public_key BLOB NOT NULL,
  signature BLOB NOT NULL,
  is_uploaded INTEGER NOT NULL,
  created_us INTEGER NOT NULL
) STRICT;

-- Ids are never given twice, so an old one in somebody's hand names nobody else.
CREATE TABLE peers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  phone TEXT UNIQUE,
  lid TEXT UNIQUE,
  other TEXT UNIQUE, -- of neither kind: a whole JID
  is_own INTEGER NOT NULL DEFAULT 0,
  seen_us INTEGER NOT NULL
) STRICT;
CREATE INDEX peers_by_age ON peers (seen_us);
CREATE INDEX peers_own ON peers (is_own) WHERE is_own = 1;

CREATE TABLE sessions (
  peer INTEGER NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  slot INTEGER NOT NULL, -- 0: the session; 1: its shadow
  record BLOB NOT NULL,
  changed_us INTEGER NOT NULL,
  PRIMARY KEY (peer, device, slot)
) STRICT;
CREATE INDEX sessions_shadows ON sessions (changed_us) WHERE slot = 1;

CREATE TABLE identities (
  peer INTEGER NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  public_key BLOB NOT NULL,
  trusted_us INTEGER NOT NULL,
  renewed_us INTEGER NOT NULL DEFAULT 0, -- when a retry last made us begin a session anew
  PRIMARY KEY (peer, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE sender_keys (
  group_jid TEXT NOT NULL,
  peer INTEGER NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  slot INTEGER NOT NULL, -- as of sessions
  key_id INTEGER,         -- of our own key; NULL: somebody else's
  record BLOB NOT NULL,
  changed_us INTEGER NOT NULL,
  PRIMARY KEY (group_jid, peer, device, slot)
) STRICT;
CREATE INDEX sender_keys_of_device ON sender_keys (peer, device);
CREATE INDEX sender_keys_own ON sender_keys (group_jid) WHERE key_id IS NOT NULL;
CREATE INDEX sender_keys_by_age ON sender_keys (changed_us);

CREATE TABLE sender_key_memory (
  group_jid TEXT NOT NULL,
  peer INTEGER NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  marked_us INTEGER NOT NULL,
  PRIMARY KEY (group_jid, peer, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX sender_key_memory_of_device ON sender_key_memory (peer, device);

CREATE TABLE device_lists (
  peer INTEGER PRIMARY KEY REFERENCES peers (id) ON DELETE CASCADE,
  raw_id INTEGER,             -- of the registration; NULL: never told
  fetched_us INTEGER NOT NULL -- 0: stale
) STRICT;

CREATE TABLE devices (
  peer INTEGER NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  key_index INTEGER,
  is_hosted INTEGER NOT NULL,
  PRIMARY KEY (peer, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
  jid TEXT PRIMARY KEY,
  document TEXT NOT NULL,
  uses_lid INTEGER NOT NULL,
  fetched_us INTEGER NOT NULL,
  is_stale INTEGER NOT NULL
) STRICT;
CREATE INDEX groups_by_age ON groups (fetched_us);

CREATE TABLE group_members (
  group_jid TEXT NOT NULL REFERENCES groups (jid) ON DELETE CASCADE,
  peer INTEGER NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  rank INTEGER NOT NULL,
  PRIMARY KEY (group_jid, peer)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_of_peer ON group_members (peer);

-- What we sent, for devices that could not read it.
CREATE TABLE sent (
  chat TEXT NOT NULL,
  network_id TEXT NOT NULL,
  plain BLOB NOT NULL,
  note TEXT,
  sent_us INTEGER NOT NULL,
  PRIMARY KEY (chat, network_id)
) STRICT;
CREATE INDEX sent_by_age ON sent (sent_us);

CREATE TABLE retries_served (
  chat TEXT NOT NULL,
  network_id TEXT NOT NULL,
  peer INTEGER NOT NULL,
  device INTEGER NOT NULL,
  times INTEGER NOT NULL,
  base_key BLOB, -- of the session at the second request
  asked_us INTEGER NOT NULL,
  PRIMARY KEY (chat, network_id, peer, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX retries_served_by_age ON retries_served (asked_us);

-- How often we asked others.
CREATE TABLE retry_counts (
  chat TEXT NOT NULL,
  network_id TEXT NOT NULL,
  peer INTEGER NOT NULL,
  device INTEGER NOT NULL,
  count INTEGER NOT NULL,
  asked_us INTEGER NOT NULL,
  PRIMARY KEY (chat, network_id, peer, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX retry_counts_by_age ON retry_counts (asked_us);

CREATE TABLE message_secrets (
  chat TEXT NOT NULL,
  network_id TEXT NOT NULL,
  author TEXT NOT NULL,
  secret BLOB NOT NULL,
  kept_us INTEGER NOT NULL,
  PRIMARY KEY (chat, network_id, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_secrets_by_age ON message_secrets (kept_us);

CREATE TABLE privacy_tokens (
  peer INTEGER PRIMARY KEY REFERENCES peers (id) ON DELETE CASCADE,
  token BLOB,                      -- theirs
  token_time_s INTEGER NOT NULL DEFAULT 0,
  sender_time_s INTEGER NOT NULL DEFAULT 0 -- when they got ours
) STRICT;
