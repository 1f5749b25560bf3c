-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- It keeps its place. The time until which it may block its lane runs from the first failure.
UPDATE queue SET due_us = :due_us, attempts = :attempts, failures = :failures,
  unblock_us = CASE WHEN is_passed = 1 THEN NULL ELSE coalesce(unblock_us, :unblock_us) END
WHERE delivery = :delivery;
