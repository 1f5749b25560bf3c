-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT coalesce (sum (size_bytes), 0) AS size_bytes FROM media WHERE stored_name IS NOT NULL
