-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The file goes with the next clean-up, as the one that was not used for the longest time.
UPDATE media SET used_us = -1, reference = NULL WHERE id = :id
