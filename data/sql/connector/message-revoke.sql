-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages
SET type = 'revoked', content = '{"type":"revoked"}', media_id = NULL, quoted_id = NULL, quoted_network_id = NULL, is_request = 0,
    edited_us = NULL, revoked_by = :by
WHERE sequence = :sequence
