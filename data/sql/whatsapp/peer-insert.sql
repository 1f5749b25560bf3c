-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO peers (phone, lid, other, seen_us) VALUES (:phone, :lid, :other, :now_us);
