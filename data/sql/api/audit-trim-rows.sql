-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM audit WHERE sequence IN
  (SELECT sequence FROM audit WHERE sequence <= (SELECT max(sequence) FROM audit) - :keep ORDER BY sequence LIMIT :step);
