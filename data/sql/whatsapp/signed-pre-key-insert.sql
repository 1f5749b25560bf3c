-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT OR REPLACE INTO signed_pre_keys (id, record, public_key, signature, is_uploaded, created_us)
VALUES (:id, :record, :public_key, :signature, :is_uploaded, :now_us);
