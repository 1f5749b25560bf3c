-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- An account that has moved to LIDs never goes back.
UPDATE credentials SET lid_migration = max(lid_migration, :lid_migration) WHERE id = 1;
