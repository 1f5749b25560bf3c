-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE contacts SET saved_name = :name WHERE id = :id AND saved_name IS NOT :name
