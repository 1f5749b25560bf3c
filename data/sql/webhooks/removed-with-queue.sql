-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- A removed endpoint that still has rows in the queue.
SELECT row FROM endpoints n WHERE removed_us IS NOT NULL AND EXISTS (SELECT 1 FROM queue WHERE endpoint = n.row) LIMIT 1;
