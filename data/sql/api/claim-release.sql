-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM claims WHERE principal = :principal AND key = :key AND answer IS NULL;
