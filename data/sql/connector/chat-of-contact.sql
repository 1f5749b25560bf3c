-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT id, max (updated_us) AS updated_us FROM chats WHERE contact = :contact GROUP BY contact
