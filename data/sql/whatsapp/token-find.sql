-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT token, token_time_s, sender_time_s FROM privacy_tokens WHERE peer = :peer;
