-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE credentials SET next_pre_key_id = :id WHERE id = 1;
