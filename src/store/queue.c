/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A closed queue refuses new jobs and gives out those it has.
 */
#include "store/queue.h"

#include "core/error.h"

struct _UlakQueue
{
  UlakClock *clock; /* (owned): monotonic time only, which any thread may read */
  guint max_jobs;
  GMutex lock;
  GCond changed;
  GQueue jobs;      /* (element-type UlakJob) (owned) */
  gboolean is_closed;
  gboolean is_woken;
};

UlakQueue *
ulak_queue_new (guint max_jobs, UlakClock *clock)
{
  UlakQueue *self = g_new0 (UlakQueue, 1);

  self->clock = g_object_ref (clock);
  self->max_jobs = max_jobs;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->jobs);
  return self;
}

/** ulak_queue_free: frees a queue that is closed and empty */
void
ulak_queue_free (UlakQueue *self)
{
  g_assert (g_queue_is_empty (&self->jobs));
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_object_unref (self->clock);
  g_free (self);
}

static gboolean
check_room (UlakQueue *self, GError **error)
{
  if (self->is_closed)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The store is closed");
  else if (self->jobs.length >= self->max_jobs)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "%u works wait for the database, which is the limit",
                 self->max_jobs);
  else
    return TRUE;
  return FALSE;
}

/**
 * ulak_queue_push: takes @job, or returns %FALSE with ULAK_ERROR_FULL or ULAK_ERROR_WRONG_STATE and leaves it
 */
gboolean
ulak_queue_push (UlakQueue *self, UlakJob *job, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!check_room (self, error))
    return FALSE;
  g_queue_push_tail (&self->jobs, job);
  g_cond_signal (&self->changed);
  return TRUE;
}

/**
 * ulak_queue_pop:
 * @wait_us: how long to wait for a job, in microseconds; 0 not at all, or ULAK_QUEUE_WAIT_FOR_EVER
 * @job_out: (out) (nullable) (transfer full): the oldest job, %NULL when none came in time or before ulak_queue_wake()
 *
 * Returns: %FALSE once the queue is closed and empty
 */
gboolean
ulak_queue_pop (UlakQueue *self, gint64 wait_us, UlakJob **job_out)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 end_us = wait_us > 0 ? ulak_clock_get_monotonic_us (self->clock) + wait_us : 0;
  gboolean is_waiting = wait_us != 0;

  while (is_waiting && g_queue_is_empty (&self->jobs) && !self->is_closed && !self->is_woken)
    if (wait_us == ULAK_QUEUE_WAIT_FOR_EVER)
      g_cond_wait (&self->changed, &self->lock);
    else
      is_waiting = g_cond_wait_until (&self->changed, &self->lock, end_us);

  self->is_woken = FALSE;
  *job_out = g_queue_pop_head (&self->jobs);
  return *job_out != NULL || !self->is_closed;
}

/** ulak_queue_wake: ends the wait that is, or the next one, without a job */
void
ulak_queue_wake (UlakQueue *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->is_woken = TRUE;
  g_cond_signal (&self->changed);
}

guint
ulak_queue_get_length (UlakQueue *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->jobs.length;
}

void
ulak_queue_close (UlakQueue *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->is_closed = TRUE;
  g_cond_broadcast (&self->changed);
}
