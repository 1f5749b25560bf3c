-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The name in the address book of the owner is what the owner sees, too.
SELECT coalesce (saved_name, name) AS name FROM contacts WHERE id = :id
