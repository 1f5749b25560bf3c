-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT next_pre_key_id FROM credentials WHERE id = 1;
