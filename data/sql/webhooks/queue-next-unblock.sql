-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT min(unblock_us) AS unblock_us FROM queue WHERE unblock_us IS NOT NULL;
