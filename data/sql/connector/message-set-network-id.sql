-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE messages SET network_id = :network_id WHERE sequence = :sequence AND network_id IS NULL
