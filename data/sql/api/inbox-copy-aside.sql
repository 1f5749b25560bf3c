-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO inbox_aside (sequence, account, received_us, aside_us, reason, body)
SELECT sequence, account, received_us, :aside_us, :reason, body FROM inbox WHERE sequence = :sequence;
