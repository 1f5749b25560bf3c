-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO app_state_missing_keys (key_id, asked_us) VALUES (:key_id, :now_us)
ON CONFLICT (key_id) DO UPDATE SET asked_us = excluded.asked_us;
