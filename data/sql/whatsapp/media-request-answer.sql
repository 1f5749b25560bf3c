-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE media_requests SET direct_path = :direct_path, answered_us = :answered_us WHERE message_id = :message_id;
