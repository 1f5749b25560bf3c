-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT key_id, key_data FROM app_state_keys ORDER BY timestamp_ms DESC, stored_us DESC, key_id DESC LIMIT 1;
