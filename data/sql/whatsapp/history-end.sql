-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- The row stays, so that the same part is not taken in again; what is large of it goes.
UPDATE history_blobs SET state = :state, inline_bytes = NULL, reference = NULL WHERE id = :id;
