/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Generation: tells a database from a restored copy of it, whose ratchets must never be used again.
 *
 * Whoever makes a backup marks the copy. A line that opens a marked database settles it before it connects:
 * sessions, sender keys (ours and others') and unused pre-keys go, and new pre-keys are to be uploaded. Store's
 * thread, or by hand.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* In the copy. */
gboolean ulak_generation_mark_copy (UlakDatabase *database, GError **error);
/* *was_copy_out: it was one; upload pre-keys and fetch device lists. */
gboolean ulak_generation_settle (UlakDatabase *database, gboolean *was_copy_out, GError **error);

G_END_DECLS
