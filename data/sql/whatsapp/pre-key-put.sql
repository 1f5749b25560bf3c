-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- An id comes again only after sixteen million keys.
INSERT OR REPLACE INTO pre_keys (id, record, public_key, state, created_us)
VALUES (:id, :record, :public_key, :state, :now_us);
