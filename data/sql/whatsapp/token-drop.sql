-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE privacy_tokens SET token = NULL, token_time_s = 0 WHERE peer = :peer;
