-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT OR REPLACE INTO devices (peer, device, key_index, is_hosted)
VALUES (:peer, :device, :key_index, :is_hosted);
