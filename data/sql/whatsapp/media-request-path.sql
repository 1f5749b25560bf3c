-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Where the phone put this file last.
SELECT direct_path FROM media_requests
WHERE file_enc_sha256 = :file_enc_sha256 AND direct_path IS NOT NULL
ORDER BY answered_us DESC
LIMIT 1;
