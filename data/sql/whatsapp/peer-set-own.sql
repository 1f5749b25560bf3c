-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE peers SET is_own = (id = :id) WHERE is_own = 1 OR id = :id;
