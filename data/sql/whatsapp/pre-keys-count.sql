-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT count(*) AS n FROM pre_keys INDEXED BY pre_keys_by_state WHERE state = 1 AND used_us IS NULL;
