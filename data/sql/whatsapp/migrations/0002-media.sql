-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Media of a linked line: what the phone was asked to upload again, and where it put it.
-- The key is the one that stands in the medium's reference, too: it opens the answer, which may come after a restart.

CREATE TABLE media_requests (
  message_id TEXT PRIMARY KEY,
  file_enc_sha256 BLOB NOT NULL,
  media_key BLOB NOT NULL,
  asked_us INTEGER NOT NULL,
  direct_path TEXT,    -- NULL: no answer yet, or the phone does not have it
  answered_us INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX media_requests_by_file ON media_requests (file_enc_sha256, answered_us);
CREATE INDEX media_requests_by_age ON media_requests (asked_us);
