/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The store puts its parts together: a worker that writes, readers for lists, one slow lane for backups and
 * checks, and the file's lock around all of them. Works may be handed in from any thread; each is answered on
 * the main context of the thread that handed it in. Closing gives a running backup up, finishes what waits,
 * and ends the threads.
 */
#include "store/store.h"

#include "store/backup.h"
#include "store/check.h"
#include "store/file.h"
#include "store/opening.h"
#include "store/readers.h"
#include "store/transaction.h"
#include "store/worker.h"

#include <malloc.h>

#define DEFAULT_MAX_QUEUED 10000
#define DEFAULT_N_READERS 2
#define DEFAULT_REST_US (10 * G_USEC_PER_SEC)
/* Backups and checks that may wait; they run one after the other. */
#define SLOW_LANE_MAX 8

struct _UlakStore
{
  GObject parent_instance;

  int lock;
  int is_closing;       /* atomic */
  int unfinished;       /* atomic */
  UlakWorker *worker;   /* (owned) */
  UlakReaders *readers; /* (owned) */
  UlakReaders *slow;    /* (owned) */
};

G_DEFINE_FINAL_TYPE (UlakStore, ulak_store, G_TYPE_OBJECT)

static void
close_parts (UlakStore *self)
{
  g_atomic_int_set (&self->is_closing, 1);
  ulak_readers_close (self->slow);
  ulak_readers_close (self->readers);
  ulak_worker_close (self->worker); /* last: the writer's is the connection that may empty the log */
  ulak_file_unlock (&self->lock);
}

static void
ulak_store_finalize (GObject *object)
{
  UlakStore *self = ULAK_STORE (object);

  close_parts (self);
  ulak_worker_free (self->worker);
  ulak_readers_free (self->readers);
  ulak_readers_free (self->slow);

  G_OBJECT_CLASS (ulak_store_parent_class)->finalize (object);
}

static void
ulak_store_class_init (UlakStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_store_finalize;
}

static void
ulak_store_init (UlakStore *self)
{
  self->lock = -1;
}

static UlakStoreOptions *
copy_options (const UlakStoreOptions *options)
{
  UlakStoreOptions *copy = g_new (UlakStoreOptions, 1);

  *copy = *options;
  copy->path = g_strdup (options->path);
  copy->migrations = (const char *const *) g_strdupv ((char **) options->migrations);
  return copy;
}

static void
free_options (gpointer data)
{
  UlakStoreOptions *options = data;

  g_free ((char *) options->path);
  g_strfreev ((char **) options->migrations);
  g_free (options);
}

static gboolean
run_as_is (UlakDatabase *database, UlakStoreWork work, gpointer data, GError **error)
{
  return work (database, data, error);
}

/* On the writer's thread. What was freed lies in the arenas of several threads, from where only this call takes it. */
static gboolean
rest (gpointer data)
{
  UlakStore *self = data;
  gboolean is_resting = ulak_readers_rest (self->readers);

  is_resting &= ulak_readers_rest (self->slow);
  malloc_trim (0);
  return is_resting;
}

static UlakStore *
start_store (const UlakStoreOptions *options, UlakDatabase *database, int lock)
{
  UlakStore *self = g_object_new (ULAK_TYPE_STORE, NULL);
  guint max_queued = options->max_queued > 0 ? options->max_queued : DEFAULT_MAX_QUEUED;
  guint n_readers = options->n_readers > 0 ? options->n_readers : DEFAULT_N_READERS;

  const UlakWorkerOptions worker = {
    .max_queued = max_queued,
    .rest_us = options->rest_us > 0 ? options->rest_us : DEFAULT_REST_US,
    .rested = rest,
    .rested_data = self,
  };

  self->lock = lock;
  self->readers = ulak_readers_new (options->path, n_readers, max_queued, ulak_transaction_run_alone);
  self->slow = ulak_readers_new (options->path, 1, SLOW_LANE_MAX, run_as_is);
  self->worker = ulak_worker_new (database, &worker); /* last: its thread may rest at once */
  return self;
}

static void
open_in_thread (GTask *task,
                gpointer source G_GNUC_UNUSED,
                gpointer task_data,
                GCancellable *cancellable G_GNUC_UNUSED)
{
  const UlakStoreOptions *options = task_data;
  GError *error = NULL;
  UlakDatabase *database = NULL;
  int lock = ulak_file_lock (options->path, &error);

  if (lock >= 0)
    database = ulak_opening_run (options, NULL, &error);
  if (database != NULL)
    {
      g_task_return_pointer (task, start_store (options, database, lock), g_object_unref);
      return;
    }
  ulak_file_unlock (&lock);
  g_task_return_error (task, error);
}

/**
 * ulak_store_open_async:
 * @options: copied
 * @cancellable: (nullable): checked before and after; a migration that began is finished
 *
 * Locks, makes or opens, checks and migrates the database on a thread of its own. Errors of the finish:
 * ULAK_ERROR_WRONG_STATE if another process has it or it is older and may not be migrated,
 * ULAK_ERROR_NEWER_SCHEMA, ULAK_ERROR_DAMAGED, ULAK_ERROR_FULL, ULAK_ERROR_UNAVAILABLE, ULAK_ERROR_FAILED for
 * a migration that does not run
 */
void
ulak_store_open_async (const UlakStoreOptions *options,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_return_if_fail (options->path != NULL && options->migrations != NULL);

  g_task_set_source_tag (task, ulak_store_open_async);
  g_task_set_task_data (task, copy_options (options), free_options);
  g_task_run_in_thread (task, open_in_thread);
}

/** ulak_store_open_finish: Returns: (transfer full) (nullable): an open store */
UlakStore *
ulak_store_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* A task is dropped right after its callback, while it still holds the store. */
static void
task_gone_cb (gpointer data, GObject *task G_GNUC_UNUSED)
{
  g_atomic_int_add (&ULAK_STORE (data)->unfinished, -1);
}

static UlakJob *
new_job (UlakStore *self,
         UlakStoreWork work,
         gpointer data,
         GDestroyNotify data_free,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_atomic_int_inc (&self->unfinished);
  g_object_weak_ref (G_OBJECT (task), task_gone_cb, self);
  g_task_set_task_data (task, data, data_free);
  return ulak_job_new (task, work);
}

static gboolean
check_open (UlakStore *self, GError **error)
{
  if (!g_atomic_int_get (&self->is_closing))
    return TRUE;
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The store is closed");
  return FALSE;
}

static void
push_write (UlakStore *self, UlakJob *job)
{
  GError *error = NULL;

  g_task_set_source_tag (job->task, ulak_store_write_async);
  if (!check_open (self, &error) || !ulak_worker_push (self->worker, job, &error))
    ulak_job_refuse (job, error);
}

/**
 * ulak_store_write_async:
 * @work: runs on the writer's thread inside its own savepoint
 * @data: (nullable): for @work; freed by @data_free on the caller's context, after the callback
 *
 * The callback runs after the commit is durable; works are run and answered in the order of the calls. Errors
 * of the finish: the work's own, the commit's, ULAK_ERROR_FULL when too many wait, ULAK_ERROR_WRONG_STATE
 * after closing
 */
void
ulak_store_write_async (UlakStore *self,
                        UlakStoreWork work,
                        gpointer data,
                        GDestroyNotify data_free,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  push_write (self, new_job (self, work, data, data_free, callback, user_data));
}

/**
 * ulak_store_write_joint_async:
 * @work: may be run more than once, and only the last run counts
 *
 * Like ulak_store_write_async() otherwise: a work that fails takes nobody's with it
 */
void
ulak_store_write_joint_async (UlakStore *self,
                              UlakStoreWork work,
                              gpointer data,
                              GDestroyNotify data_free,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  UlakJob *job = new_job (self, work, data, data_free, callback, user_data);

  job->is_joint = TRUE;
  push_write (self, job);
}

/**
 * ulak_store_read_async:
 * @work: runs on a reader's thread with a read-only connection, all its statements in one snapshot
 *
 * Sees every work whose callback has run. Reads have no order among themselves. Errors as for writing
 */
void
ulak_store_read_async (UlakStore *self,
                       UlakStoreWork work,
                       gpointer data,
                       GDestroyNotify data_free,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  UlakJob *job = new_job (self, work, data, data_free, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (job->task, ulak_store_read_async);
  if (!check_open (self, &error) || !ulak_readers_push (self->readers, job, &error))
    ulak_job_refuse (job, error);
  else
    ulak_worker_wake (self->worker);
}

gpointer
ulak_store_finish (UlakStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

typedef struct
{
  char *target;    /* (owned) */
  const int *stop; /* of the store, which the job keeps alive */
} Backup;

static void
free_backup (gpointer data)
{
  Backup *backup = data;

  g_free (backup->target);
  g_free (backup);
}

static gboolean
run_backup (UlakDatabase *database, gpointer data, GError **error)
{
  Backup *backup = data;

  return ulak_backup_write (database, backup->target, backup->stop, error);
}

static void
push_slow (UlakStore *self, UlakJob *job, gpointer source_tag)
{
  GError *error = NULL;

  g_task_set_source_tag (job->task, source_tag);
  if (!check_open (self, &error) || !ulak_readers_push (self->slow, job, &error))
    ulak_job_refuse (job, error);
  else
    ulak_worker_wake (self->worker);
}

static gboolean
finish_slow (UlakStore *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) own = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  g_task_propagate_pointer (G_TASK (result), &own);
  if (own == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&own));
  return FALSE;
}

/**
 * ulak_store_backup_async:
 * @path: where the copy goes; appears only when whole and durable
 *
 * Copies one snapshot beside the work. It has all works whose callbacks ran before the call. Errors of the
 * finish: ULAK_ERROR_INVALID for a bad @path, ULAK_ERROR_WRONG_STATE when the store closes meanwhile, and
 * those of the disk
 */
void
ulak_store_backup_async (UlakStore *self, const char *path, GAsyncReadyCallback callback, gpointer user_data)
{
  Backup *backup = g_new0 (Backup, 1);

  backup->target = g_strdup (path);
  backup->stop = &self->is_closing;
  push_slow (self, new_job (self, run_backup, backup, free_backup, callback, user_data),
             ulak_store_backup_async);
}

gboolean
ulak_store_backup_finish (UlakStore *self, GAsyncResult *result, GError **error)
{
  return finish_slow (self, result, error);
}

static gboolean
run_check (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  return ulak_check_in_full (database, error);
}

/**
 * ulak_store_check_async: reads every page, index and foreign key beside the work; ULAK_ERROR_DAMAGED if one
 * is bad
 */
void
ulak_store_check_async (UlakStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  push_slow (self, new_job (self, run_check, NULL, NULL, callback, user_data), ulak_store_check_async);
}

gboolean
ulak_store_check_finish (UlakStore *self, GAsyncResult *result, GError **error)
{
  return finish_slow (self, result, error);
}

static void
close_in_thread (GTask *task,
                 gpointer source,
                 gpointer task_data G_GNUC_UNUSED,
                 GCancellable *cancellable G_GNUC_UNUSED)
{
  close_parts (ULAK_STORE (source));
  g_task_return_boolean (task, TRUE);
}

/** ulak_store_close_async: a second call fails with ULAK_ERROR_WRONG_STATE */
void
ulak_store_close_async (UlakStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_store_close_async);
  if (g_atomic_int_compare_and_exchange (&self->is_closing, 0, 1))
    g_task_run_in_thread (task, close_in_thread);
  else
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The store is closed already");
}

gboolean
ulak_store_close_finish (UlakStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ulak_store_get_status: what health and metrics report; fault is constant text. Any thread, never blocks for
 * long
 */
void
ulak_store_get_status (UlakStore *self, UlakStoreStatus *status_out)
{
  ulak_worker_get_status (self->worker, status_out);
  status_out->queued += ulak_readers_get_queued (self->readers);
  status_out->unfinished = (guint) g_atomic_int_get (&self->unfinished);
}
