-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages
SET type = :type, content = :content, media_id = coalesce (:media_id, media_id), is_request = 0, edited_us = :edited_us
WHERE sequence = :sequence
