/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Group commit: while one COMMIT waits for the disk, works gather in the queue; the next transaction takes
 * them all, so the number of fsyncs follows the disk's speed and not the number of callers. A transaction
 * takes works until the queue is empty for a moment, and at most BATCH_MAX_WORKS or a time, so that the first one
 * in it does not wait for an endless stream of others. The time is some multiple of what the last commit took:
 * on a slow disk it is the works and not the commits that the thread shall spend its time with.
 *
 * A failed COMMIT fails its works and nothing else. After a fault the worker tries a commit of its own once a
 * second, so that health comes back although callers, told to stay away, send nothing. (Such a commit may
 * still turn out durable after a power cut at that very moment: a failed work has an unknown outcome, as
 * everywhere; ids make a repeat harmless.)
 *
 * Checkpoints run here between transactions, after the callers have their answers, and never inside COMMIT: in a pause, since
 * whoever comes meanwhile waits for it, unless there is none for long.
 */
#include "store/worker.h"

#include "store/fault.h"
#include "store/queue.h"
#include "store/transaction.h"

#define BATCH_MAX_WORKS 64
#define NOBODY G_MAXUINT
#define BATCH_MIN_US 2000
#define BATCH_MAX_US 20000
#define BATCH_COMMITS 4 /* so long as this many commits take */
#define PROBE_INTERVAL_US G_USEC_PER_SEC

/* At 4 KiB a page: 4 MiB is worth a checkpoint when nobody has come for a while, 16 MiB is when somebody does all the time. */
#define CHECKPOINT_IDLE_PAGES 1000
#define CHECKPOINT_BUSY_PAGES 4000
#define CHECKPOINT_PAUSE_US 5000

struct _UlakWorker
{
  UlakDatabase *database;   /* (owned): the thread's alone */
  UlakClock *clock;         /* (owned) */
  UlakQueue *queue;         /* (owned) */
  GThread *thread;          /* (owned) (nullable): until closed */
  UlakWorkerOptions options;
  int is_resting;           /* atomic */
  guint joint_from;         /* where in the batch the works begin that share the open savepoint; the thread's alone */
  gint64 commit_us;         /* what the last commit took; the thread's alone */
  gint64 checkpoint_pages;  /* the log's length at the last checkpoint; the thread's alone */
  GMutex lock;              /* of the fields below */
  guint64 commits;
  guint64 works;
  int fault;                /* SQLITE_OK, or what the last commit met */
};

static void
count_commit (UlakWorker *self, guint works, int fault)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (works > 0)
    {
      self->commits++;
      self->works += works;
    }
  /* A good commit proves that the disk writes, not that a damaged page is whole again. */
  if (ulak_fault_get_error (self->fault) != ULAK_ERROR_DAMAGED)
    self->fault = fault;
}

static void
note_fault (UlakWorker *self, int fault)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (fault != SQLITE_OK)
    self->fault = fault;
}

static gboolean
has_fault (UlakWorker *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->fault != SQLITE_OK;
}

static void
gather (UlakWorker *self, GPtrArray *batch)
{
  UlakJob *job;

  while (batch->len < BATCH_MAX_WORKS && ulak_queue_pop (self->queue, 0, &job) && job != NULL)
    g_ptr_array_add (batch, job);
}

static UlakJob *
take_next (UlakWorker *self, GPtrArray *batch, gint64 end_us)
{
  UlakJob *job = NULL;

  if (batch->len < BATCH_MAX_WORKS && ulak_clock_get_monotonic_us (self->clock) < end_us)
    ulak_queue_pop (self->queue, 0, &job);
  return job;
}

static void
run_alone (UlakWorker *self, UlakJob *job)
{
  ulak_transaction_run (self->database, job->work, ulak_job_get_data (job), &job->error);
}

/* One of those that share a savepoint failed, or the savepoint itself: nobody's work goes with another's. */
static void
run_each_alone (UlakWorker *self, GPtrArray *batch)
{
  ulak_transaction_undo (self->database);
  for (guint i = self->joint_from; i < batch->len && !ulak_transaction_is_lost (self->database); i++)
    {
      UlakJob *job = g_ptr_array_index (batch, i);

      g_clear_error (&job->error);
      run_alone (self, job);
    }
  self->joint_from = NOBODY;
}

static void
close_joint (UlakWorker *self, GPtrArray *batch)
{
  if (self->joint_from == NOBODY)
    return;
  if (ulak_transaction_close (self->database, NULL))
    self->joint_from = NOBODY;
  else
    run_each_alone (self, batch);
}

/* The last of the batch. */
static void
run_joint (UlakWorker *self, GPtrArray *batch, UlakJob *job)
{
  if (self->joint_from == NOBODY)
    {
      if (!ulak_transaction_open (self->database, &job->error))
        return;
      self->joint_from = batch->len - 1;
    }
  if (ulak_transaction_join (self->database, job->work, ulak_job_get_data (job), &job->error))
    return;
  if (self->joint_from < batch->len - 1)
    {
      run_each_alone (self, batch);
      return;
    }
  ulak_transaction_undo (self->database); /* it was alone anyway */
  self->joint_from = NOBODY;
}

static void
run_job (UlakWorker *self, GPtrArray *batch, UlakJob *job)
{
  if (!job->is_joint)
    close_joint (self, batch);
  g_ptr_array_add (batch, job);
  if (job->is_joint)
    run_joint (self, batch, job);
  else if (!ulak_transaction_is_lost (self->database))
    run_alone (self, job);
}

/* Runs works until the batch is complete. Returns FALSE if the transaction was lost, with the disk's fault
 * as the error: what the work that met it says is its own affair. */
static gboolean
run_works (UlakWorker *self, GPtrArray *batch, UlakJob *first, GError **error)
{
  gint64 end_us = ulak_clock_get_monotonic_us (self->clock)
                  + CLAMP (BATCH_COMMITS * self->commit_us, BATCH_MIN_US, BATCH_MAX_US);

  self->joint_from = NOBODY;
  for (UlakJob *job = first; job != NULL;
       job = ulak_transaction_is_lost (self->database) ? NULL : take_next (self, batch, end_us))
    run_job (self, batch, job);
  if (!ulak_transaction_is_lost (self->database))
    close_joint (self, batch);
  if (!ulak_transaction_is_lost (self->database))
    return TRUE;
  ulak_database_set_lost_error (self->database, "COMMIT", error);
  ulak_transaction_rollback (self->database);
  return FALSE;
}

static gboolean
commit (UlakWorker *self, GError **error)
{
  gint64 start_us = ulak_clock_get_monotonic_us (self->clock);
  gboolean is_done = ulak_transaction_commit (self->database, error);

  self->commit_us = ulak_clock_get_monotonic_us (self->clock) - start_us;
  return is_done;
}

static gboolean
run_batch (UlakWorker *self, GPtrArray *batch, UlakJob *first, GError **error)
{
  if (!ulak_transaction_begin (self->database, "BEGIN IMMEDIATE", error))
    {
      g_ptr_array_add (batch, first);
      gather (self, batch);
      return FALSE;
    }
  return run_works (self, batch, first, error) && commit (self, error);
}

static guint
count_done (GPtrArray *batch)
{
  guint n_done = 0;

  for (guint i = 0; i < batch->len; i++)
    if (((UlakJob *) g_ptr_array_index (batch, i))->error == NULL)
      n_done++;
  return n_done;
}

static void
fail_batch (GPtrArray *batch, const GError *error)
{
  for (guint i = 0; i < batch->len; i++)
    {
      UlakJob *job = g_ptr_array_index (batch, i);

      if (job->error == NULL)
        job->error = g_error_copy (error);
    }
}

static void
commit_batch (UlakWorker *self, UlakJob *first)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *batch = g_ptr_array_sized_new (BATCH_MAX_WORKS);
  gboolean is_done = run_batch (self, batch, first, &error);
  int fault = ulak_database_take_fault (self->database);

  if (!is_done)
    fail_batch (batch, error);
  if (is_done && count_done (batch) > 0)
    count_commit (self, count_done (batch), fault);
  else
    note_fault (self, fault);
  ulak_job_deliver (batch);
}

/* Writes one page that changes nothing, to learn whether commits work again. */
static void
probe (UlakWorker *self)
{
  g_autofree char *stamp = NULL;
  gint64 version;
  gboolean is_done;

  is_done = ulak_database_get_integer (self->database, "PRAGMA user_version", &version, NULL) &&
            ulak_transaction_begin (self->database, "BEGIN IMMEDIATE", NULL);
  if (is_done)
    {
      stamp = g_strdup_printf ("PRAGMA user_version = %" G_GINT64_FORMAT, version);
      is_done = ulak_database_run_once (self->database, stamp, NULL);
    }
  is_done = is_done && ulak_transaction_commit (self->database, NULL);

  ulak_transaction_rollback (self->database);
  if (is_done)
    count_commit (self, 0, ulak_database_take_fault (self->database));
  else
    note_fault (self, ulak_database_take_fault (self->database));
}

static void
checkpoint (UlakWorker *self, int mode)
{
  int result = sqlite3_wal_checkpoint_v2 (ulak_database_get_handle (self->database), NULL, mode, NULL, NULL);

  self->checkpoint_pages = ulak_database_get_wal_pages (self->database);
  if (result == SQLITE_OK || (result & 0xff) == SQLITE_BUSY)
    return;
  ulak_database_set_error (self->database, result, "checkpoint", NULL);
  note_fault (self, ulak_database_take_fault (self->database));
}

/* A reader may hold the log back: so what counts is how much it grew since the last try. */
static gboolean
is_checkpoint_due (UlakWorker *self, gint64 min_pages)
{
  gint64 pages = ulak_database_get_wal_pages (self->database);

  if (pages < self->checkpoint_pages)
    self->checkpoint_pages = 0; /* it started over */
  return pages - self->checkpoint_pages >= min_pages;
}

/* Many lines on one machine are idle most of the time: what they keep for speed is worth less than its memory. */
static void
rest (UlakWorker *self)
{
  g_atomic_int_set (&self->is_resting, 1);
  ulak_database_rest (self->database);
  if (!self->options.rested (self->options.rested_data))
    g_atomic_int_set (&self->is_resting, 0);
}

static gint64
get_patience_us (UlakWorker *self)
{
  if (has_fault (self))
    return PROBE_INTERVAL_US;
  if (is_checkpoint_due (self, CHECKPOINT_IDLE_PAGES))
    return CHECKPOINT_PAUSE_US;
  return g_atomic_int_get (&self->is_resting) ? ULAK_QUEUE_WAIT_FOR_EVER : self->options.rest_us;
}

static gpointer
run_worker (gpointer user_data)
{
  UlakWorker *self = user_data;
  gint64 patience_us = get_patience_us (self);
  UlakJob *job;

  while (ulak_queue_pop (self->queue, patience_us, &job))
    {
      if (job != NULL)
        {
          g_atomic_int_set (&self->is_resting, 0);
          commit_batch (self, job);
        }
      else if (has_fault (self))
        probe (self);
      else if (is_checkpoint_due (self, CHECKPOINT_IDLE_PAGES))
        checkpoint (self, SQLITE_CHECKPOINT_PASSIVE);
      else if (patience_us != ULAK_QUEUE_WAIT_FOR_EVER) /* else it was woken and is only to wait anew */
        rest (self);
      if (is_checkpoint_due (self, CHECKPOINT_BUSY_PAGES))
        checkpoint (self, SQLITE_CHECKPOINT_PASSIVE);
      patience_us = get_patience_us (self);
    }

  checkpoint (self, SQLITE_CHECKPOINT_TRUNCATE);
  g_clear_pointer (&self->database, ulak_database_free);
  return NULL;
}

/**
 * ulak_worker_new:
 * @database: (transfer full): the writing connection
 * @options: copied
 */
UlakWorker *
ulak_worker_new (UlakDatabase *database, const UlakWorkerOptions *options)
{
  UlakWorker *self = g_new0 (UlakWorker, 1);

  self->database = database;
  self->clock = ulak_clock_system_new ();
  self->options = *options;
  self->queue = ulak_queue_new (options->max_queued, self->clock);
  g_mutex_init (&self->lock);
  self->thread = g_thread_new ("ulak-store", run_worker, self);
  return self;
}

/**
 * ulak_worker_push: takes @job, or returns %FALSE with ULAK_ERROR_FULL or ULAK_ERROR_WRONG_STATE and leaves
 * it
 */
gboolean
ulak_worker_push (UlakWorker *self, UlakJob *job, GError **error)
{
  return ulak_queue_push (self->queue, job, error);
}

/** ulak_worker_wake: somebody else of the store has work: it rests again some time after that. Any thread */
void
ulak_worker_wake (UlakWorker *self)
{
  if (g_atomic_int_compare_and_exchange (&self->is_resting, 1, 0))
    ulak_queue_wake (self->queue);
}

/** ulak_worker_get_status: fills everything; queued counts write works only. Any thread */
void
ulak_worker_get_status (UlakWorker *self, UlakStoreStatus *status_out)
{
  guint queued = ulak_queue_get_length (self->queue);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  status_out->commits = self->commits;
  status_out->works = self->works;
  status_out->queued = queued;
  status_out->is_healthy = self->fault == SQLITE_OK;
  status_out->fault = ulak_fault_get_text (self->fault);
}

/** ulak_worker_close: commits what waits, empties the log into the database, closes it. Blocking */
void
ulak_worker_close (UlakWorker *self)
{
  ulak_queue_close (self->queue);
  g_clear_pointer (&self->thread, g_thread_join);
}

/** ulak_worker_free: frees a closed worker */
void
ulak_worker_free (UlakWorker *self)
{
  ulak_queue_free (self->queue);
  g_object_unref (self->clock);
  g_mutex_clear (&self->lock);
  g_free (self);
}
