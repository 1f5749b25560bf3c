-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The network knows the id: once more is the same message.
UPDATE messages SET status = 'pending', due_us = 0 WHERE sequence = :sequence AND status = 'sending'
