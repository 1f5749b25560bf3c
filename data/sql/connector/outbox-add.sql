-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO outbox (id, type, chat, timestamp_us, data) VALUES (:id, :type, :chat, :timestamp_us, :data)
