-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO account (id, document, stored_us) VALUES (1, :document, :now_us)
ON CONFLICT (id) DO UPDATE SET document = excluded.document, stored_us = excluded.stored_us
