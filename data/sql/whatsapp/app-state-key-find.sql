-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT key_data FROM app_state_keys WHERE key_id = :key_id;
