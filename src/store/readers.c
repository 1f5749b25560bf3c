/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Threads and connections are made when there is work and at most n_readers of each; idle threads go back to
 * GLib's shared pool, idle connections stay with their prepared statements. A connection that met a fault is
 * not kept: the next read opens a new one, so reading recovers by itself.
 */
#include "store/readers.h"

struct _UlakReaders
{
  char *path;         /* (owned) */
  guint max_queued;
  UlakReadersRun run;
  GAsyncQueue *idle;  /* (owned) (element-type UlakDatabase): connections that nobody uses */
  int unfinished;     /* atomic: jobs taken, until their connection is given back */
  GMutex lock;        /* of pool, so that a push and a close do not meet */
  GThreadPool *pool;  /* (owned) (nullable): until closed */
};

static UlakDatabase *
take_connection (UlakReaders *self, GError **error)
{
  UlakDatabase *database = g_async_queue_try_pop (self->idle);

  return database != NULL ? database : ulak_database_open (self->path, ULAK_DATABASE_READER, error);
}

static void
give_back_connection (UlakReaders *self, UlakDatabase *database)
{
  if (ulak_database_take_fault (database) != SQLITE_OK)
    ulak_database_free (database);
  else
    g_async_queue_push (self->idle, database);
}

static void
run_job (gpointer job_data, gpointer user_data)
{
  UlakReaders *self = user_data;
  UlakJob *job = job_data;
  UlakDatabase *database = take_connection (self, &job->error);
  GPtrArray *jobs = g_ptr_array_sized_new (1);

  if (database != NULL)
    {
      self->run (database, job->work, ulak_job_get_data (job), &job->error);
      give_back_connection (self, database);
    }
  g_atomic_int_add (&self->unfinished, -1);
  g_ptr_array_add (jobs, job);
  ulak_job_deliver (jobs);
}

UlakReaders *
ulak_readers_new (const char *path, guint n_readers, guint max_queued, UlakReadersRun run)
{
  UlakReaders *self = g_new0 (UlakReaders, 1);

  self->path = g_strdup (path);
  self->max_queued = max_queued;
  self->run = run;
  self->idle = g_async_queue_new_full ((GDestroyNotify) ulak_database_free);
  g_mutex_init (&self->lock);
  self->pool = g_thread_pool_new (run_job, self, (int) n_readers, FALSE, NULL);
  return self;
}

/**
 * ulak_readers_push: takes @job, or returns %FALSE with ULAK_ERROR_FULL or ULAK_ERROR_WRONG_STATE and leaves
 * it
 */
gboolean
ulak_readers_push (UlakReaders *self, UlakJob *job, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->pool == NULL)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The store is closed");
  else if (g_thread_pool_unprocessed (self->pool) >= self->max_queued)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "%u works wait to read the database, which is the limit",
                 self->max_queued);
  else
    {
      g_atomic_int_inc (&self->unfinished);
      g_thread_pool_push (self->pool, job, NULL);
      return TRUE;
    }
  return FALSE;
}

guint
ulak_readers_get_queued (UlakReaders *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->pool != NULL ? g_thread_pool_unprocessed (self->pool) : 0;
}

/** ulak_readers_rest: closes the connections that nobody uses now. Any thread. Returns: whether that is all of them */
gboolean
ulak_readers_rest (UlakReaders *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gboolean is_idle = g_atomic_int_get (&self->unfinished) == 0; /* asked first: what ends meanwhile is for the next time */
  UlakDatabase *database;

  while (self->pool != NULL && (database = g_async_queue_try_pop (self->idle)) != NULL)
    ulak_database_free (database);
  return is_idle;
}

/** ulak_readers_close: finishes what waits and closes the connections. Blocking */
void
ulak_readers_close (UlakReaders *self)
{
  GThreadPool *pool;

  g_mutex_lock (&self->lock);
  pool = g_steal_pointer (&self->pool);
  g_mutex_unlock (&self->lock);
  if (pool == NULL)
    return;

  g_thread_pool_free (pool, FALSE, TRUE);
  g_clear_pointer (&self->idle, g_async_queue_unref);
}

/** ulak_readers_free: frees closed readers */
void
ulak_readers_free (UlakReaders *self)
{
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}
