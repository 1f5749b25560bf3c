-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE pre_keys SET state = 1 WHERE id = :id AND state = 0;
