-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO contacts (id, name, created_us) VALUES (:id, :name, :now_us)
