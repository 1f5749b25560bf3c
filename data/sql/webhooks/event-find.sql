-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The sequence of a known event id.
SELECT sequence FROM events WHERE id = :id;
