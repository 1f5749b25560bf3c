-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE media SET used_us = max (used_us, :now_us) WHERE id = :id
