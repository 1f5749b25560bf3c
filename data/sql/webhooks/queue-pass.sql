-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE queue SET is_passed = 1, unblock_us = NULL WHERE delivery = :delivery;
