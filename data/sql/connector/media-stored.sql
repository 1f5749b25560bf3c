-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE media SET stored_name = :stored_name, size_bytes = :size_bytes, sha256 = :sha256, used_us = :now_us WHERE id = :id
