-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE device_lists SET fetched_us = 0 WHERE peer = :peer;
