-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO aliases (kind, value, contact, first_seen_us, last_seen_us) VALUES (:kind, :value, :contact, :now_us, :now_us)
ON CONFLICT (kind, value) DO UPDATE SET contact = excluded.contact, last_seen_us = excluded.last_seen_us
