/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Queue: jobs that wait for the writer, in order, at most so many. Any thread.
 */
#pragma once

#include "core/clock.h"
#include "store/job.h"

#define ULAK_QUEUE_WAIT_FOR_EVER G_GINT64_CONSTANT (-1)

typedef struct _UlakQueue UlakQueue;

UlakQueue *ulak_queue_new (guint max_jobs, UlakClock *clock);
void ulak_queue_free (UlakQueue *self);

gboolean ulak_queue_push (UlakQueue *self, UlakJob *job, GError **error);
gboolean ulak_queue_pop (UlakQueue *self, gint64 wait_us, UlakJob **job_out);
void ulak_queue_wake (UlakQueue *self);
guint ulak_queue_get_length (UlakQueue *self);
void ulak_queue_close (UlakQueue *self);
