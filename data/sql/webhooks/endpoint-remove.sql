-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE endpoints SET removed_us = :now, secret = NULL, old_secret = NULL, headers = NULL
WHERE row = :row AND removed_us IS NULL;
