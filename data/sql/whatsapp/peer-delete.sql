-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What is kept by peer goes with it.
DELETE FROM peers WHERE id = :id;
