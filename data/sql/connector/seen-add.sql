-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO seen (hash, seen_us) VALUES (:hash, :now_us) ON CONFLICT (hash) DO NOTHING
