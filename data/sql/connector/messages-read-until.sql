-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages SET status = 'read'
WHERE chat = :chat AND timestamp_us <= :until_us AND sender IS NOT NULL AND status = 'received'
