/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Readers: a few threads with read-only connections.
 */
#pragma once

#include "store/database-private.h"
#include "store/job.h"

typedef struct _UlakReaders UlakReaders;

/* How a pool runs a work on its connection. */
typedef gboolean (*UlakReadersRun) (UlakDatabase *database,
                                    UlakStoreWork work,
                                    gpointer data,
                                    GError **error);

UlakReaders *ulak_readers_new (const char *path, guint n_readers, guint max_queued, UlakReadersRun run);
gboolean ulak_readers_push (UlakReaders *self, UlakJob *job, GError **error);
guint ulak_readers_get_queued (UlakReaders *self);
gboolean ulak_readers_rest (UlakReaders *self);
void ulak_readers_close (UlakReaders *self);
void ulak_readers_free (UlakReaders *self);
