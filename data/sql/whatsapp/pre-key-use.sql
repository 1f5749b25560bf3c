-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE pre_keys SET used_us = :now_us WHERE id = :id AND used_us IS NULL;
