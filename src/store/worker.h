/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Worker: the one thread that writes, with the one connection that may.
 */
#pragma once

#include "store/database-private.h"
#include "store/job.h"

typedef struct _UlakWorker UlakWorker;

UlakWorker *ulak_worker_new (UlakDatabase *database, guint max_queued);
gboolean ulak_worker_push (UlakWorker *self, UlakJob *job, GError **error);
void ulak_worker_get_status (UlakWorker *self, UlakStoreStatus *status_out);
void ulak_worker_close (UlakWorker *self);
void ulak_worker_free (UlakWorker *self);
