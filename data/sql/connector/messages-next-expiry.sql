-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT min (expires_us) AS expires_us FROM messages WHERE open = 1 AND expires_us IS NOT NULL AND status <> 'sending'
