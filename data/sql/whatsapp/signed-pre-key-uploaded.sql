-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE signed_pre_keys SET is_uploaded = 1 WHERE id = :id;
