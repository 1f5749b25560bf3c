-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- data comes last and is fetched only for rows that pass the reader's filter.
SELECT sequence, id, account, type, chat, timestamp_us, data FROM events WHERE sequence > :after ORDER BY sequence LIMIT :limit;
