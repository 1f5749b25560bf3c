-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM media_requests WHERE asked_us < :before_us;
