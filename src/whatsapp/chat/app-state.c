/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A queue of jobs, one under way at a time: to bring a collection up to date, or to change something in it, which is the
 * same with a patch of ours in the question. A round of a job: ask the server (app-state-round.h), apply in one transaction;
 * then another round, or the end.
 */
#include "whatsapp/chat/app-state.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/chat/app-state-change.h"
#include "whatsapp/chat/app-state-fetch.h"
#include "whatsapp/chat/app-state-job.h"
#include "whatsapp/chat/app-state-patch.h"
#include "whatsapp/chat/app-state-round.h"

#define CONFLICTS_MAX 5
#define ROUNDS_MAX 1000 /* of one job: has_more_patches for ever is no way to hold us */
#define JOBS_MAX 256

static const char *const collections[] = { "critical_block", "critical_unblock_low", "regular_high", "regular", "regular_low" };

struct _UlakAppState
{
  GObject parent_instance;

  UlakAppStateRoundParts parts; /* (owned), but for the owner of the port */
  UlakCommitter committer;
  UlakAppStateAskKeys ask_keys;
  gpointer ask_keys_data;
  UlakClock *clock; /* (owned) */

  GQueue jobs;           /* (element-type UlakAppStateJob) (owned) */
  UlakAppStateJob *job;  /* (owned) (nullable): under way */
  GCancellable *stop;    /* (owned): cancelled when we stop */
  GHashTable *blocked;   /* (owned) (element-type utf8): collections that wait for a key */
  GHashTable *set_aside; /* (owned) (element-type utf8): given up until the next login */
};

enum
{
  OWN_NAME,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UlakAppState, ulak_app_state, G_TYPE_OBJECT)

static void
ulak_app_state_dispose (GObject *object)
{
  UlakAppState *self = ULAK_APP_STATE (object);

  g_queue_clear_full (&self->jobs, ulak_app_state_job_free);
  g_clear_pointer (&self->job, ulak_app_state_job_free);
  g_clear_pointer (&self->blocked, g_hash_table_unref);
  g_clear_pointer (&self->set_aside, g_hash_table_unref);
  g_clear_object (&self->parts.store);
  g_clear_object (&self->parts.media);
  g_clear_object (&self->clock);
  g_clear_object (&self->stop);
  g_clear_object (&self->parts.random);
  G_OBJECT_CLASS (ulak_app_state_parent_class)->dispose (object);
}

static void
ulak_app_state_class_init (UlakAppStateClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_app_state_dispose;
  signals[OWN_NAME]
      = g_signal_new ("own-name", ULAK_TYPE_APP_STATE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
ulak_app_state_init (UlakAppState *self)
{
  g_queue_init (&self->jobs);
  self->stop = g_cancellable_new ();
  self->blocked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->set_aside = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

UlakAppState *
ulak_app_state_new (const UlakAppStateOptions *options)
{
  UlakAppState *self = g_object_new (ULAK_TYPE_APP_STATE, NULL);

  ulak_history_register_sql ();
  self->parts.store = g_object_ref (options->store);
  self->parts.port = options->port;
  self->parts.media = g_object_ref (options->media);
  self->committer = options->committer;
  self->ask_keys = options->ask_keys;
  self->ask_keys_data = options->ask_keys_data;
  self->clock = g_object_ref (options->clock);
  self->parts.random = g_object_ref (options->random);
  return self;
}

static gboolean
is_stopped (UlakAppState *self)
{
  return g_cancellable_is_cancelled (self->stop);
}

/* --- the end of a job --- */

static void start_next (UlakAppState *self);
static void start_round (UlakAppState *self);

/* @error: (transfer full) (nullable) */
static void
end_job (UlakAppState *self, GError *error)
{
  UlakAppStateJob *job = g_steal_pointer (&self->job);

  if (job->task != NULL && error != NULL)
    g_task_return_error (job->task, g_error_copy (error));
  else if (job->task != NULL)
    g_task_return_boolean (job->task, TRUE);
  else if (error != NULL)
    ulak_log_info (NULL, "The app state ‘%s’ is not up to date: %s", job->collection, error->message);
  g_clear_object (&job->task);
  g_clear_error (&error);
  ulak_app_state_job_free (job);
  start_next (self);
}

/* --- a key is missing --- */

typedef struct
{
  GPtrArray *ids; /* (owned) (element-type GBytes) */
  GPtrArray *due; /* (owned) (element-type GBytes): out */
  gint64 now_us;
} AskWork;

static void
ask_work_free (gpointer data)
{
  AskWork *self = data;

  g_ptr_array_unref (self->ids);
  g_ptr_array_unref (self->due);
  g_free (self);
}

static gboolean
ask_run (UlakDatabase *database, gpointer data, GError **error)
{
  AskWork *self = data;

  g_ptr_array_set_size (self->due, 0);
  for (guint i = 0; i < self->ids->len; i++)
    {
      GBytes *id = g_ptr_array_index (self->ids, i);
      gboolean is_due;

      if (!ulak_app_state_key_ask (database, ulak_span_of (id), self->now_us, &is_due, error))
        return FALSE;
      if (is_due)
        g_ptr_array_add (self->due, g_bytes_ref (id));
    }
  return TRUE;
}

static void
ask_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakAppState) self = user_data;
  AskWork *work = ulak_store_finish (ULAK_STORE (source), result, NULL);

  if (work != NULL && work->due->len > 0 && !is_stopped (self))
    self->ask_keys (work->due, self->ask_keys_data);
}

static void
wait_for_keys (UlakAppState *self, UlakAppStateFetched *fetched)
{
  AskWork *work = g_new0 (AskWork, 1);

  work->ids = g_ptr_array_ref (fetched->missing);
  work->due = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  work->now_us = ulak_clock_get_wall_us (self->clock);
  g_hash_table_add (self->blocked, g_strdup (fetched->collection));
  ulak_store_write_async (self->parts.store, ask_run, work, ask_work_free, ask_cb, g_object_ref (self));
  end_job (self, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                                      "The phone did not share a key for the app state yet; it is asked for it"));
}

/* --- it is not what its MACs say --- */

static gboolean
drop_run (UlakDatabase *database, gpointer data, GError **error)
{
  return ulak_app_state_drop (database, data, error);
}

static void
dropped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakAppState) self = user_data;
  GError *error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    end_job (self, error);
  else
    start_round (self);
}

static void
begin_anew (UlakAppState *self, GError *error /* (transfer full) */)
{
  UlakAppStateJob *job = self->job;

  if (++job->n_damaged >= ULAK_APP_STATE_TRIES_MAX)
    {
      ulak_log_warning (NULL, NULL, "The app state ‘%s’ is set aside until the next login: %s", job->collection, error->message);
      g_hash_table_add (self->set_aside, g_strdup (job->collection));
      end_job (self, error);
      return;
    }
  ulak_log_info (NULL, "The app state ‘%s’ is fetched anew: %s", job->collection, error->message);
  g_error_free (error);
  job->fetches_first = TRUE;
  ulak_store_write_async (self->parts.store, drop_run, g_strdup (job->collection), g_free, dropped_cb, g_object_ref (self));
}

static gboolean
is_damage (const GError *error)
{
  return g_error_matches (error, ULAK_ERROR, ULAK_ERROR_DAMAGED) || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID)
         || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

/* --- after a round --- */

static void
after_conflict (UlakAppState *self, UlakAppStateFetched *fetched)
{
  UlakAppStateJob *job = self->job;

  if (++job->n_conflicts > CONFLICTS_MAX)
    {
      end_job (self, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_CONFLICT,
                                          "Other devices change the same all the time; try again later"));
      return;
    }
  job->fetches_first = fetched->patches->len == 0 && fetched->snapshot == NULL;
  start_round (self);
}

static void
after_round (UlakAppState *self, UlakAppStateFetched *fetched)
{
  UlakAppStateJob *job = self->job;
  gboolean was_upload = ulak_app_state_job_uploads (job);

  job->fetches_first = FALSE;
  if (fetched->own_name != NULL)
    g_signal_emit (self, signals[OWN_NAME], 0, fetched->own_name);
  g_hash_table_remove (self->blocked, job->collection);
  if (fetched->is_conflict && was_upload)
    {
      after_conflict (self, fetched);
      return;
    }
  if (was_upload)
    job->is_uploaded = TRUE; /* and what came of it is fetched */
  else if (!fetched->has_more && (job->record == NULL || job->is_uploaded))
    {
      end_job (self, NULL);
      return;
    }
  else if (fetched->has_more)
    job->fetches_first = job->record != NULL && !job->is_uploaded;
  else
    job->is_current = TRUE;
  start_round (self);
}

typedef struct
{
  UlakAppState *self;           /* (owned) */
  UlakAppStateFetched *fetched; /* (owned) */
} Committing;

static void
committed_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autofree Committing *committing = user_data;
  g_autoptr (UlakAppState) self = committing->self;
  g_autoptr (UlakAppStateFetched) fetched = committing->fetched;
  GError *error = NULL;

  if (self->committer.commit_finish (self->committer.owner, result, &error))
    after_round (self, fetched);
  else if (fetched->missing->len > 0 && g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    {
      g_error_free (error);
      wait_for_keys (self, fetched);
    }
  else if (is_damage (error))
    begin_anew (self, error);
  else
    end_job (self, error);
}

static void
commit (UlakAppState *self, UlakAppStateFetched *fetched)
{
  Committing *committing;
  UlakInbound *inbound;

  if (is_stopped (self))
    {
      end_job (self, ulak_app_state_new_stopped_error ());
      return;
    }
  if (fetched->snapshot == NULL && fetched->patches->len == 0)
    {
      after_round (self, fetched);
      return;
    }
  committing = g_new0 (Committing, 1);
  committing->self = g_object_ref (self);
  committing->fetched = ulak_app_state_fetched_ref (fetched);
  fetched->now_us = ulak_clock_get_wall_us (self->clock);
  inbound = ulak_inbound_new ();
  ulak_inbound_set_prepare (inbound, ulak_app_state_fetched_apply, ulak_app_state_fetched_ref (fetched),
                            (GDestroyNotify) ulak_app_state_fetched_unref);
  self->committer.commit_async (self->committer.owner, inbound, committed_cb, committing);
}

/* --- a round --- */

static void
round_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  UlakAppState *self = ULAK_APP_STATE (source);
  GError *error = NULL;
  gboolean is_answered;
  g_autoptr (UlakAppStateFetched) fetched = ulak_app_state_round_finish (result, &is_answered, &error);

  if (fetched != NULL)
    commit (self, fetched);
  else if (is_answered && is_damage (error))
    begin_anew (self, error);
  else
    end_job (self, error);
}

static void
start_round (UlakAppState *self)
{
  UlakAppStateJob *job = self->job;

  if (is_stopped (self))
    {
      end_job (self, ulak_app_state_new_stopped_error ());
      return;
    }
  if (++job->n_rounds > ROUNDS_MAX)
    {
      end_job (self, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_REMOTE, "The server has ever more patches"));
      return;
    }
  ulak_app_state_round_async (&self->parts, job, self, self->stop, round_cb);
}

static void
start_next (UlakAppState *self)
{
  if (self->job != NULL || is_stopped (self))
    return;
  self->job = g_queue_pop_head (&self->jobs);
  if (self->job != NULL)
    start_round (self);
}

void
ulak_app_state_stop (UlakAppState *self)
{
  g_cancellable_cancel (self->stop);
  g_queue_clear_full (&self->jobs, ulak_app_state_job_free);
}

/* --- asking for it --- */

static const char *
find_name (const char *name)
{
  for (gsize i = 0; name != NULL && i < G_N_ELEMENTS (collections); i++)
    if (g_str_equal (collections[i], name))
      return collections[i];
  return NULL;
}

static gboolean
is_queued (UlakAppState *self, const char *collection)
{
  for (GList *link = self->jobs.head; link != NULL; link = link->next)
    {
      const UlakAppStateJob *job = link->data;

      if (job->record == NULL && g_str_equal (job->collection, collection))
        return TRUE;
    }
  return FALSE;
}

static void
add_sync (UlakAppState *self, const char *collection)
{
  if (is_stopped (self) || is_queued (self, collection) || g_hash_table_contains (self->set_aside, collection))
    return;
  g_queue_push_tail (&self->jobs, ulak_app_state_job_new (collection));
  start_next (self);
}

void
ulak_app_state_sync (UlakAppState *self, const char *collection_or_null)
{
  const char *name = find_name (collection_or_null);

  if (name != NULL)
    add_sync (self, name);
  if (collection_or_null != NULL)
    return;
  g_hash_table_remove_all (self->set_aside);
  for (gsize i = 0; i < G_N_ELEMENTS (collections); i++)
    add_sync (self, collections[i]);
}

void
ulak_app_state_take_notification (UlakAppState *self, const UlakNode *notification)
{
  for (const UlakNode *node = ulak_node_get_first (notification); node != NULL; node = ulak_node_get_next (node))
    {
      const char *name = ulak_node_is (node, "collection") ? find_name (ulak_node_get_attribute (node, "name")) : NULL;

      if (name != NULL)
        add_sync (self, name);
    }
}

void
ulak_app_state_keys_came (UlakAppState *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (collections); i++)
    if (g_hash_table_remove (self->blocked, collections[i]))
      add_sync (self, collections[i]);
}

void
ulak_app_state_change_async (UlakAppState *self,
                             const UlakAppStateChange *change,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (UlakAppStateRecord) record = NULL;
  GError *error = NULL;
  UlakAppStateJob *job;

  g_task_set_source_tag (task, ulak_app_state_change_async);
  record = ulak_app_state_record_new (change, ulak_clock_get_wall_us (self->clock) / 1000, &error);
  if (record != NULL && is_stopped (self))
    error = ulak_app_state_new_stopped_error ();
  else if (record != NULL && g_queue_get_length (&self->jobs) >= JOBS_MAX)
    error = g_error_new (ULAK_ERROR, ULAK_ERROR_FULL, "%d changes wait already; try again soon", JOBS_MAX);
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  job = ulak_app_state_job_new_change (g_steal_pointer (&record), g_steal_pointer (&task));
  g_queue_push_tail (&self->jobs, job);
  start_next (self);
}

gboolean
ulak_app_state_change_finish (UlakAppState *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
