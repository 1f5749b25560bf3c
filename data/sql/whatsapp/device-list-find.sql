-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT raw_id, fetched_us FROM device_lists WHERE peer = :peer;
