-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE contacts SET name = :name WHERE id = :id AND name IS NOT :name
