-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT public_key, renewed_us FROM identities WHERE peer = :peer AND device = :device;
