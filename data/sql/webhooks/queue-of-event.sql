-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT delivery FROM queue WHERE event = :event AND endpoint = :endpoint;
