-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- A restored copy: nothing that the original may have used since is used again, ids of keys included. A script.
DELETE FROM sessions;
DELETE FROM sender_keys;
DELETE FROM sender_key_memory;
DELETE FROM pre_keys WHERE used_us IS NULL;
DELETE FROM retries_served;
UPDATE device_lists SET fetched_us = 0;
UPDATE groups SET is_stale = 1;
UPDATE credentials
SET next_pre_key_id = CASE WHEN next_pre_key_id < 8000000 THEN next_pre_key_id + 1000000 ELSE 1 END;
UPDATE generation SET is_copy = 0;
