-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- As lanes-shift. expires_us is a time of the client's and stays.
UPDATE messages SET due_us = due_us - :step_us,
  hold_until_us = CASE WHEN hold_until_us > :now_us THEN hold_until_us - :step_us ELSE hold_until_us END
WHERE open = 1 AND due_us > :now_us
