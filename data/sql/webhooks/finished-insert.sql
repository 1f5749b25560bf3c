-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO finished (delivery, endpoint, event, status, created_us, finished_us)
VALUES (:delivery, :endpoint, :event, :status, :created_us, :finished_us);
