-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages SET status = 'read'
WHERE chat = :chat AND sequence <= :sequence AND sender IS NOT NULL AND status = 'received'
