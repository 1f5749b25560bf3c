-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Removed endpoints whose log has gone.
DELETE FROM endpoints WHERE removed_us IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM queue WHERE endpoint = row) AND NOT EXISTS (SELECT 1 FROM finished WHERE endpoint = row);
