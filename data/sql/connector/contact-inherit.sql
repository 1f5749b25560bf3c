-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE contacts
SET name = coalesce (name, (SELECT name FROM contacts WHERE id = :other)),
    saved_name = coalesce (saved_name, (SELECT saved_name FROM contacts WHERE id = :other))
WHERE id = :contact
