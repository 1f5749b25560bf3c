-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The wall clock was set back: what is still to come keeps its distance. Rare, so it may look at every row.
UPDATE queue SET due_us = CASE WHEN due_us > :now THEN due_us - :step ELSE due_us END,
  unblock_us = CASE WHEN unblock_us > :now THEN unblock_us - :step ELSE unblock_us END
WHERE due_us > :now OR unblock_us > :now;
