-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Pages that hold something: the disk budget's measure. SQLite; PostgreSQL has pg_database_size().
SELECT (SELECT page_count FROM pragma_page_count) AS pages,
       (SELECT freelist_count FROM pragma_freelist_count) AS free_pages,
       (SELECT page_size FROM pragma_page_size) AS page_bytes;
