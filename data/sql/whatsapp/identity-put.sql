-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO identities (peer, device, public_key, trusted_us)
VALUES (:peer, :device, :public_key, :now_us)
ON CONFLICT (peer, device) DO UPDATE SET public_key = excluded.public_key, trusted_us = excluded.trusted_us;
