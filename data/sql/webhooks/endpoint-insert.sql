-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO endpoints (id, document, is_enabled, created_us, secret, headers)
VALUES (:id, :document, :is_enabled, :created_us, :secret, :headers);
