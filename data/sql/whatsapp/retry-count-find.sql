-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT max(count) AS count
FROM retry_counts
WHERE chat IN (:chat, :other_chat) AND network_id = :network_id AND peer = :peer AND device = :device;
