-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Of the index alone: no body is read.
SELECT account, count(*) AS n_rows FROM inbox GROUP BY account;
