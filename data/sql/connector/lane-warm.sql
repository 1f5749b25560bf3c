-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
UPDATE lanes SET is_cold = 0 WHERE chat = :chat AND is_cold = 1
