-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM attempts WHERE delivery IN (SELECT delivery FROM finished WHERE event = :sequence);
