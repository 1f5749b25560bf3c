-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The owner marked a message with a star, on any device.
ALTER TABLE messages ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
