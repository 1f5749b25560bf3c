-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT nct_salt FROM credentials WHERE id = 1 AND nct_salt IS NOT NULL;
