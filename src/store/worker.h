/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Worker: the one thread that writes, with the one connection that may.
 */
#pragma once

#include "store/database-private.h"
#include "store/job.h"

typedef struct _UlakWorker UlakWorker;

typedef struct
{
  guint max_queued;      /* works that may wait */
  gint64 rest_us;        /* without work for so long, it rests */
  gboolean (*rested) (gpointer data); /* on the worker's thread, when its connection rests; FALSE: others do not yet */
  gpointer rested_data;
} UlakWorkerOptions;

UlakWorker *ulak_worker_new (UlakDatabase *database, const UlakWorkerOptions *options);
gboolean ulak_worker_push (UlakWorker *self, UlakJob *job, GError **error);
void ulak_worker_wake (UlakWorker *self);
void ulak_worker_get_status (UlakWorker *self, UlakStoreStatus *status_out);
void ulak_worker_close (UlakWorker *self);
void ulak_worker_free (UlakWorker *self);
