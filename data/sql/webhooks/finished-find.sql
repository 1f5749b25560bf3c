-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT endpoint, event FROM finished WHERE delivery = :delivery;
