-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT messages.sequence AS sequence, messages.chat AS chat FROM lanes JOIN messages ON messages.sequence = lanes.head
WHERE lanes.busy = 1
