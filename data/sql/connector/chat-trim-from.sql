-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The newest message that is over the limit.
SELECT sequence FROM messages WHERE chat = :chat ORDER BY sequence DESC LIMIT 1 OFFSET :keep
