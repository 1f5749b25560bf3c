-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE history_blobs SET pass = :pass, done_items = :done_items WHERE id = :id;
