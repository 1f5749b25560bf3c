-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE outbox SET is_passing = 1 WHERE sequence = :sequence
