/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Check: is a database whole? Blocking; used by the thread that has the connection.
 */
#pragma once

#include "store/database-private.h"

gboolean ulak_check_at_start (UlakDatabase *database, GError **error);
gboolean ulak_check_in_full (UlakDatabase *database, GError **error);
