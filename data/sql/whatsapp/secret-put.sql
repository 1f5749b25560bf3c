-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT OR IGNORE INTO message_secrets (chat, network_id, author, secret, kept_us)
VALUES (:chat, :network_id, :author, :secret, :now_us);
