-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE endpoints SET document = :document, is_enabled = :is_enabled, headers = :headers, secret = :secret,
  old_secret = :old_secret, old_secret_until_us = :old_secret_until_us
WHERE row = :row AND removed_us IS NULL;
