-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
DELETE FROM history_blobs WHERE state <> 0 AND noted_us < :before_us;
