-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO history_blobs (message_id, digest, sync_type, progress, inline_bytes, reference, noted_us)
VALUES (:message_id, :digest, :sync_type, :progress, :inline_bytes, :reference, :now_us)
ON CONFLICT (digest) DO NOTHING;
