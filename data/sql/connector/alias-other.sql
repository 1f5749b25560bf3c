-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Does the contact go by another value of this kind? Then a shared phone number means a new owner, not the same person.
SELECT value FROM aliases WHERE contact = :contact AND kind = :kind AND value <> :value LIMIT 1
