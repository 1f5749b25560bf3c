/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/app-state-round.h"

#include "whatsapp/chat/app-state-patch.h"

typedef struct
{
  const UlakAppStateRoundParts *parts; /* unowned */
  UlakAppStateJob *job;                /* unowned */
  GCancellable *stop;                  /* (owned) */
  gboolean is_answered;
} Round;

static void
round_free (gpointer data)
{
  Round *self = data;

  g_object_unref (self->stop);
  g_free (self);
}

/* --- the answer --- */

static void
fetched_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  UlakAppStateFetched *fetched = ulak_app_state_fetch_finish (result, &error);

  if (fetched == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, fetched, (GDestroyNotify) ulak_app_state_fetched_unref);
}

static void
answered_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Round *self = g_task_get_task_data (task);
  const UlakMediaPort *port = &self->parts->port;
  GError *error = NULL;
  guint code;
  g_autoptr (UlakNode) answer = port->query_finish (port->owner, result, &code, &error);

  self->is_answered = answer != NULL;
  if (answer == NULL)
    g_task_return_error (task, error);
  else
    ulak_app_state_fetch_async (self->parts->media, answer, self->job->collection, fetched_cb, g_steal_pointer (&task));
}

/* --- the question --- */

static void
ask_server (GTask *task /* (transfer full) */, guint64 version, GBytes *patch_or_null)
{
  const Round *self = g_task_get_task_data (task);
  const UlakMediaPort *port = &self->parts->port;
  UlakNodeBuilder *query = port->begin_query (port->owner, "set", "w:sync:app:state");

  ulak_node_builder_open (query, "sync");
  ulak_node_builder_open (query, "collection");
  ulak_node_builder_add_text (query, "name", self->job->collection);
  ulak_node_builder_add_number (query, "version", version);
  ulak_node_builder_add_text (query, "return_snapshot", version == 0 && patch_or_null == NULL ? "true" : "false");
  if (patch_or_null != NULL)
    {
      ulak_node_builder_open (query, "patch");
      ulak_node_builder_set_bytes (query, g_bytes_get_data (patch_or_null, NULL), g_bytes_get_size (patch_or_null));
      ulak_node_builder_close (query);
    }
  ulak_node_builder_close (query);
  ulak_node_builder_close (query);
  port->query_async (port->owner, query, NULL, answered_cb, task);
}

typedef struct
{
  const UlakAppStateJob *job; /* unowned */
  UlakRandom *random;         /* (owned) */
  gboolean is_upload;
  guint64 version;            /* out */
  GBytes *patch;              /* (owned) (nullable): out */
} RoundWork;

static void
round_work_free (gpointer data)
{
  RoundWork *self = data;

  g_clear_pointer (&self->patch, g_bytes_unref);
  g_object_unref (self->random);
  g_free (self);
}

static gboolean
round_run (UlakDatabase *database, gpointer data, GError **error)
{
  RoundWork *self = data;
  const UlakAppStateRecord *record = self->job->record;
  UlakAppStateSum sum;

  g_clear_pointer (&self->patch, g_bytes_unref);
  if (!ulak_app_state_sum_get (database, self->job->collection, &sum, error))
    return FALSE;
  self->version = sum.version;
  if (!self->is_upload || (sum.version == 0 && !self->job->is_current))
    return TRUE;
  self->patch = ulak_app_state_make_patch (database, self->random, self->job->collection, record->operation,
                                           (const char *const *) record->index, &record->value, record->version,
                                           &self->version, error);
  return self->patch != NULL;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Round *self = g_task_get_task_data (task);
  GError *error = NULL;
  RoundWork *work = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (work == NULL || g_cancellable_is_cancelled (self->stop))
    {
      g_task_return_error (task, work == NULL ? error : ulak_app_state_new_stopped_error ());
      return;
    }
  if (work->is_upload && work->patch == NULL)
    self->job->fetches_first = TRUE;
  ask_server (g_steal_pointer (&task), work->version, work->patch);
}

void
ulak_app_state_round_async (const UlakAppStateRoundParts *parts,
                            UlakAppStateJob *job,
                            gpointer owner,
                            GCancellable *stop,
                            GAsyncReadyCallback callback)
{
  GTask *task = g_task_new (owner, NULL, callback, NULL);
  Round *round = g_new0 (Round, 1);
  RoundWork *work = g_new0 (RoundWork, 1);

  round->parts = parts;
  round->job = job;
  round->stop = g_object_ref (stop);
  g_task_set_source_tag (task, ulak_app_state_round_async);
  g_task_set_task_data (task, round, round_free);
  work->job = job;
  work->random = g_object_ref (parts->random);
  work->is_upload = ulak_app_state_job_uploads (job);
  ulak_store_read_async (parts->store, round_run, work, round_work_free, read_cb, task);
}

UlakAppStateFetched *
ulak_app_state_round_finish (GAsyncResult *result, gboolean *is_answered_out, GError **error)
{
  const Round *self = g_task_get_task_data (G_TASK (result));

  *is_answered_out = self->is_answered;
  return g_task_propagate_pointer (G_TASK (result), error);
}
