-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The wall clock was set back: what is still to come keeps its distance.
UPDATE lanes SET due_us = due_us - :step_us WHERE due_us > :now_us
