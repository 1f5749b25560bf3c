-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The answer came after the delivery had been given up or cancelled: what happened wins.
UPDATE finished SET status = 1, finished_us = :finished_us WHERE delivery = :delivery;
