-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The newest, the oldest of them first.
SELECT time_us, who, action, target, result FROM
  (SELECT * FROM audit ORDER BY sequence DESC LIMIT :limit) ORDER BY sequence;
