-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
CREATE INDEX letters_by_weight ON letters (weight);
DROP INDEX letters_by_weight;
