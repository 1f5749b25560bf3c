-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO app_state_keys (key_id, key_data, timestamp_ms, stored_us)
VALUES (:key_id, :key_data, :timestamp_ms, :now_us)
ON CONFLICT (key_id) DO NOTHING;
