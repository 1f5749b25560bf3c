-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE claims SET answer = :answer WHERE principal = :principal AND key = :key AND message_id = :message_id;
