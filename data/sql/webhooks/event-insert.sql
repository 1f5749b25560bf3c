-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO events (id, account, type, chat, timestamp_us, stored_us, data)
VALUES (:id, :account, :type, :chat, :timestamp_us, :stored_us, :data);
