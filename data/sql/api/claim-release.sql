-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The key may have been released by a repeat and stand for another message by now.
DELETE FROM claims WHERE principal = :principal AND key = :key AND message_id = :message_id AND answer IS NULL;
