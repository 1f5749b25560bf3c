-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT id, sync_type, progress, inline_bytes, reference, pass, done_items FROM history_blobs
WHERE state = 0
ORDER BY id
LIMIT 1;
