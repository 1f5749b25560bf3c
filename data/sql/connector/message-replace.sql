-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages
SET type = :type, content = :content, quoted_id = :quoted_id, quoted_network_id = :quoted_network_id, media_id = :media_id,
    timestamp_us = :timestamp_us
WHERE sequence = :sequence
