-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- An endpoint that is away for weeks is tried hundreds of times: the newest are kept.
DELETE FROM attempts WHERE delivery = :delivery
  AND number <= (SELECT max(number) FROM attempts WHERE delivery = :delivery) - :keep;
