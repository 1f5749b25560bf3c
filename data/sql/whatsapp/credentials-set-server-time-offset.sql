-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE credentials SET server_time_offset_s = :offset_s WHERE id = 1;
