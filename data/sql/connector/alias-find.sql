-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT contact, last_seen_us FROM aliases WHERE kind = :kind AND value = :value
