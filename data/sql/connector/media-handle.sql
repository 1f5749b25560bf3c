-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE media SET network_handle = :handle, handle_until_us = :until_us WHERE id = :id
