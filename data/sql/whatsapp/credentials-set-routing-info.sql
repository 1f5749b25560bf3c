-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE credentials SET routing_info = :routing_info WHERE id = 1;
