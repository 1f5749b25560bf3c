-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT body_hash, message_id, answer FROM claims WHERE principal = :principal AND key = :key AND created_us > :after_us;
