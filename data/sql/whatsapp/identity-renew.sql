-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE identities SET renewed_us = :now_us WHERE peer = :peer AND device = :device;
