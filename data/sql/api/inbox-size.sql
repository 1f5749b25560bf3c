-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
SELECT n_rows, n_bytes, n_aside FROM inbox_size;
