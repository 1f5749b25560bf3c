-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT head FROM lanes WHERE chat = :chat AND head = :head AND busy = 0
