-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- Logout: what this room keeps. A script of many statements.
DELETE FROM sessions;
DELETE FROM identities;
DELETE FROM sender_keys;
DELETE FROM sender_key_memory;
DELETE FROM devices;
DELETE FROM device_lists;
DELETE FROM group_members;
DELETE FROM groups;
DELETE FROM privacy_tokens;
DELETE FROM peers;
DELETE FROM pre_keys;
DELETE FROM signed_pre_keys;
DELETE FROM sent;
DELETE FROM retries_served;
DELETE FROM retry_counts;
DELETE FROM message_secrets;
DELETE FROM credentials;
UPDATE generation SET is_copy = 0;
