-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE peers
SET is_own = max(is_own, (SELECT is_own FROM peers WHERE id = :from_peer)),
  seen_us = max(seen_us, (SELECT seen_us FROM peers WHERE id = :from_peer))
WHERE id = :into_peer;
