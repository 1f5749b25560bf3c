-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE media SET stored_name = NULL WHERE id = :id AND stored_name = :stored_name
