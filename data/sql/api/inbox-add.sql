-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO inbox (account, received_us, body) VALUES (:account, :received_us, :body);
