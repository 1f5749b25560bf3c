-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT (SELECT min(sequence) FROM events) AS oldest,
       coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS last;
