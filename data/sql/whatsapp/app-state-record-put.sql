-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO app_state_records (collection, index_mac, value_mac) VALUES (:collection, :index_mac, :value_mac)
ON CONFLICT (collection, index_mac) DO UPDATE SET value_mac = excluded.value_mac;
