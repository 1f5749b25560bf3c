-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO media (id, mime_type, size_bytes, sha256, file_name, stored_name, reference, created_us, used_us)
VALUES (:id, :mime_type, :size_bytes, :sha256, :file_name, :stored_name, :reference, :now_us, :now_us)
