-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT device, key_index, is_hosted FROM devices WHERE peer = :peer ORDER BY device;
