-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO letters (name, weight, body) VALUES (:name, :weight, :body);
