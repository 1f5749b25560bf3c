-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO pending (account, count) VALUES (:account, :change)
ON CONFLICT (account) DO UPDATE SET count = count + :change;
