-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT value_mac FROM app_state_records WHERE collection = :collection AND index_mac = :index_mac;
