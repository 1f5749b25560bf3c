-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT endpoint, event, status, created_us FROM finished WHERE delivery = :delivery;
