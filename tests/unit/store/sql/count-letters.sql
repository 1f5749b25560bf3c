-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT count(*) AS total, coalesce(max(id), 0) AS last FROM letters;
