-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages SET status = 'sending', tries = tries + 1, hold_reason = NULL, hold_until_us = NULL
WHERE sequence = :sequence AND open = 1
