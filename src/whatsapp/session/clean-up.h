/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Clean-up: what this room no longer needs to keep goes, a few rows at a time. Store's thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

#define ULAK_SESSION_CLEAN_UP_STEP 500

/* One step over every table, at most limit rows of each. *n_removed_out: 0: nothing is left to do until later. */
gboolean ulak_session_clean_up (UlakDatabase *database,
                                gint64 now_us,
                                guint limit,
                                guint *n_removed_out,
                                GError **error);

G_END_DECLS
