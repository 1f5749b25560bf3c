-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Once a day is enough to know who is still around.
UPDATE peers SET seen_us = :now_us WHERE id = :id AND seen_us < :before_us;
