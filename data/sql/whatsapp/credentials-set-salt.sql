-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE credentials SET nct_salt = :salt WHERE id = 1;
