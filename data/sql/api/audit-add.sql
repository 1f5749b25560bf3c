-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO audit (time_us, who, action, target, result) VALUES (:time_us, :who, :action, :target, :result);
