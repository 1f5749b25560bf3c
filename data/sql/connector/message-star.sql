-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages SET starred = :starred WHERE chat = :chat AND network_id = :network_id AND sender IS :sender
