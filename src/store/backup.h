/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Backup: a whole copy of a database while it is written to. Blocking.
 *
 * Where the schema has a table `generation` with a column `is_copy`, that is 1 in the copy: whoever opens it can tell that the
 * original may have gone on.
 */
#pragma once

#include "store/database-private.h"

gboolean ulak_backup_write (UlakDatabase *source, const char *target, const int *stop, GError **error);
