-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO media_requests (message_id, file_enc_sha256, media_key, asked_us)
VALUES (:message_id, :file_enc_sha256, :media_key, :now_us)
ON CONFLICT (message_id) DO UPDATE
SET file_enc_sha256 = excluded.file_enc_sha256, media_key = excluded.media_key, asked_us = excluded.asked_us,
  direct_path = NULL, answered_us = NULL;
