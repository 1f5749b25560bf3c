-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT min (coalesce ((SELECT min (due_us) FROM lanes WHERE busy = 0 AND is_cold = 0 AND due_us > :now_us), 9223372036854775807),
            coalesce ((SELECT min (due_us) FROM lanes WHERE busy = 0 AND is_cold = 1 AND due_us > :now_us), 9223372036854775807)) AS due_us
