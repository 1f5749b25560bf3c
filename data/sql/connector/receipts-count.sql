-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT (SELECT count(*) FROM receipts WHERE message = :message AND rank >= :rank) AS n,
       (SELECT recipients FROM messages WHERE sequence = :message) AS recipients
