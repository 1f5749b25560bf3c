-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Replaces one that is too old to stand.
INSERT INTO claims (principal, key, body_hash, message_id, answer, created_us)
VALUES (:principal, :key, :body_hash, :message_id, NULL, :created_us)
ON CONFLICT (principal, key) DO UPDATE SET body_hash = excluded.body_hash, message_id = excluded.message_id,
  answer = NULL, created_us = excluded.created_us;
