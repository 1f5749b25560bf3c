-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT id, network, backend, name, wanted, settings, created_us, updated_us FROM accounts ORDER BY id;
