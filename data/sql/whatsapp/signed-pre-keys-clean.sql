-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The last five stay whatever their age.
DELETE FROM signed_pre_keys
WHERE id IN (SELECT id FROM signed_pre_keys ORDER BY created_us DESC, id DESC LIMIT :limit OFFSET 5)
  AND created_us < :before_us;
