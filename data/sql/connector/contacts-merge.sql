-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE contacts SET merged_into = :contact WHERE id = :other OR merged_into = :other
