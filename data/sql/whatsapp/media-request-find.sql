-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT media_key, asked_us, answered_us, direct_path FROM media_requests WHERE message_id = :message_id;
