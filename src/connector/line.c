/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What backends see of the line. The state moves only here: the edge is checked, then it is logged, told on the bus, and put
 * into the outbox as an event.
 */
#include "connector/line-parts.h"

#include "core/error.h"
#include "core/event-types.h"
#include "core/json.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"

G_DEFINE_FINAL_TYPE (UlakLine, ulak_line, ULAK_TYPE_DAEMON)

static void
ulak_line_dispose (GObject *object)
{
  UlakLine *self = ULAK_LINE (object);

  g_clear_pointer (&self->exports, g_ptr_array_unref);
  g_clear_object (&self->adapter);
  g_clear_object (&self->cleaner);
  g_clear_object (&self->pump);
  g_clear_object (&self->queue);
  g_clear_object (&self->library);
  g_clear_object (&self->backend);
  g_clear_object (&self->secrets);
  g_clear_object (&self->folder);
  g_clear_object (&self->store);
  g_clear_pointer (&self->document, json_object_unref);
  g_clear_pointer (&self->link, json_object_unref);
  G_OBJECT_CLASS (ulak_line_parent_class)->dispose (object);
}

static void
ulak_line_finalize (GObject *object)
{
  UlakLine *self = ULAK_LINE (object);

  g_free (self->network);
  g_free (self->error_code);
  g_free (self->why);
  G_OBJECT_CLASS (ulak_line_parent_class)->finalize (object);
}

static void
ulak_line_class_init (UlakLineClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_line_dispose;
  G_OBJECT_CLASS (klass)->finalize = ulak_line_finalize;
  ulak_error_quark (); /* from now on GDBus gives our errors their domain back */
  ulak_line_life_init (ULAK_DAEMON_CLASS (klass));
}

static void
ulak_line_init (UlakLine *self)
{
  self->exports = g_ptr_array_new_with_free_func (g_object_unref);
}

/** ulak_line_new: @network: "whatsapp"; also the name of the database */
UlakLine *
ulak_line_new (UlakService *service, const char *network, UlakBackendFactory factory)
{
  UlakLine *self = g_object_new (ULAK_TYPE_LINE, NULL);

  self->service = service;
  self->network = g_strdup (network);
  self->factory = factory;
  return self;
}

void
ulak_line_set_migrations (UlakLine *self, const char *const *migrations)
{
  self->migrations = migrations;
}

UlakService *
ulak_line_get_service (UlakLine *self)
{
  return self->service;
}

const char *
ulak_line_get_account (UlakLine *self)
{
  return ulak_service_get_account (self->service);
}

UlakSecretSource *
ulak_line_get_secrets (UlakLine *self)
{
  return ULAK_SECRET_SOURCE (self->secrets);
}

UlakStore *
ulak_line_get_store (UlakLine *self)
{
  return ulak_line_store_get_store (self->store);
}

/* --- the state --- */

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakLine) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_log_warning (NULL, NULL, "The line's database did not take a note: %s", error->message);
  self->writing--;
  ulak_line_note_written (self);
}

static gpointer
start_writing (UlakLine *self)
{
  self->writing++;
  return g_object_ref (self);
}

static void
link_told_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakLine) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!ulak_line_store_commit_inbound_finish (ULAK_LINE_STORE (source), result, NULL, &error))
    ulak_log_warning (NULL, NULL, "That there is a new code was not told: %s", error->message);
  self->writing--;
  ulak_line_note_written (self);
}

static void
put_state_event (UlakLine *self, UlakLineState previous)
{
  g_autoptr (JsonObject) data = json_object_new ();

  json_object_set_string_member (data, "state", ulak_line_state_to_string (self->state));
  json_object_set_string_member (data, "previous", ulak_line_state_to_string (previous));
  if (self->error_code == NULL)
    json_object_set_null_member (data, "error");
  else
    json_object_set_string_member (data, "error", self->error_code);
  ulak_line_store_add_event_async (self->store, "account.state", "", data, written_cb, start_writing (self));
}

static void
log_state (UlakLine *self, UlakLineState previous)
{
  const char *state = ulak_line_state_to_string (self->state);

  if (self->error_code == NULL)
    ulak_log_message (ULAK_MESSAGE_LINE_STATE_CHANGED, ULAK_FIELDS (ULAK_FIELD_STATE, state),
                      "The line is %s, it was %s%s%s", state, ulak_line_state_to_string (previous),
                      self->why != NULL ? ": " : "", self->why != NULL ? self->why : "");
  else
    ulak_log_message (ULAK_MESSAGE_LINE_STATE_CHANGED,
                      ULAK_FIELDS (ULAK_FIELD_STATE, state, ULAK_FIELD_ERROR_CODE, self->error_code),
                      "The line is %s, it was %s: %s (%s)", state, ulak_line_state_to_string (previous),
                      self->why != NULL ? self->why : "no reason was given", self->error_code);
}

/**
 * ulak_line_set_state:
 * @error_code: (nullable): the code of the fault behind it; %NULL clears an earlier one
 * @why: (nullable): a sentence for the journal and STATUS=, without private data
 *
 * The same state again only changes the fault. A move that the table does not have is a bug of the backend: it is logged as
 * such and not made.
 */
void
ulak_line_set_state (UlakLine *self, UlakLineState state, const char *error_code, const char *why)
{
  UlakLineState previous = self->state;

  if (state != previous && !ulak_line_state_may_move (previous, state))
    {
      ulak_log_critical (NULL, NULL, "A line cannot move from %s to %s", ulak_line_state_to_string (previous),
                         ulak_line_state_to_string (state));
      return;
    }
  g_free (self->error_code);
  g_free (self->why);
  self->error_code = g_strdup (error_code);
  self->why = g_strdup (why);
  self->state = state;
  if (state != previous)
    {
      log_state (self, previous);
      if (self->store != NULL)
        put_state_event (self, previous);
    }
  ulak_service_set_status (self->service, "%s%s%s", ulak_line_state_to_string (state), why != NULL ? ": " : "",
                           why != NULL ? why : "");
  if (self->queue != NULL)
    ulak_send_queue_set_ready (self->queue, state == ULAK_LINE_STATE_READY);
  if (self->adapter != NULL)
    ulak_account_adapter_refresh (self->adapter);
}

UlakLineState
ulak_line_get_state (UlakLine *self)
{
  return self->state;
}

/* --- the link --- */

static void
copy_or_null (JsonObject *from, JsonObject *to, const char *name)
{
  const char *text = from == NULL ? NULL : ulak_json_peek_string (from, name);

  if (text != NULL)
    json_object_set_string_member (to, name, text);
  else
    json_object_set_null_member (to, name);
}

/* That there is something new to see, never what: whoever reads a QR can take the account over. */
static void
put_link_event (UlakLine *self)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) data = json_object_new ();

  json_object_set_string_member (data, "state", ulak_line_state_to_string (self->state));
  copy_or_null (self->link, data, "method");
  copy_or_null (self->link, data, "expires_at");
  ulak_inbound_add_passing_event (inbound, ULAK_EVENT_ACCOUNT_LINK, NULL,
                                  ulak_clock_get_wall_us (ulak_service_get_clock (self->service)), data);
  ulak_line_store_commit_inbound_async (self->store, inbound, link_told_cb, start_writing (self));
}

/** ulak_line_set_link: @link: (nullable) (transfer none): not changed afterwards; set the state first */
void
ulak_line_set_link (UlakLine *self, JsonObject *link)
{
  if (link == NULL && self->link == NULL)
    return;
  g_clear_pointer (&self->link, json_object_unref);
  self->link = link == NULL ? NULL : json_object_ref (link);
  if (self->store != NULL)
    put_link_event (self);
}

const UlakLineSettings *
ulak_line_get_settings (UlakLine *self)
{
  return &self->settings;
}

/** ulak_line_retry_held: @reason: as in hold.reason */
void
ulak_line_retry_held (UlakLine *self, const char *reason)
{
  if (self->queue != NULL)
    ulak_send_queue_retry_held (self->queue, reason);
}

/* --- inbound --- */

typedef struct
{
  gint64 started_us;
  guint n_new; /* messages */
  guint depth; /* of the queue when it began */
} Commit;

static void
count_commit (UlakLine *self, const Commit *commit, const char *outcome)
{
  UlakMetrics *metrics = ulak_service_get_metrics (self->service);
  double seconds
      = (double) (ulak_clock_get_monotonic_us (ulak_service_get_clock (self->service)) - commit->started_us)
        / G_USEC_PER_SEC;

  ulak_metrics_add (metrics, "wp_panel_message_pipeline_task_total", ULAK_LABELS ("store", outcome), 1);
  ulak_metrics_observe (metrics, "wp_panel_message_pipeline_task_duration_seconds",
                        ULAK_LABELS ("store", outcome), seconds);
  if (commit->n_new == 0)
    return;
  ulak_metrics_add (metrics, "wp_panel_message_pipeline_messages_total", ULAK_LABELS ("incoming"),
                    commit->n_new);
  ulak_metrics_observe (metrics, "wp_panel_message_pipeline_duration_seconds", ULAK_LABELS ("incoming"),
                        seconds);
}

static void
committed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  Commit *commit = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gboolean is_stored
      = ulak_line_store_commit_inbound_finish (ULAK_LINE_STORE (source), result, &commit->n_new, &error);

  count_commit (self, commit, is_stored ? "success" : "error");
  if (!is_stored)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  /* A status may have ended a wait, a message may have made its chat a warm one. */
  if (self->queue != NULL && (commit->depth > 0 || ulak_line_store_get_depth (self->store) > 0))
    ulak_send_queue_kick (self->queue);
  g_task_return_boolean (task, TRUE);
}

/**
 * ulak_line_commit_inbound_async:
 * @inbound: (transfer full): a batch
 *
 * Finishes when the batch and its events survive power loss; only then may the network be acknowledged. Errors: FULL,
 * UNAVAILABLE (the disk); those of the batch's extra work.
 */
void
ulak_line_commit_inbound_async (UlakLine *self,
                                UlakInbound *inbound,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Commit *commit = g_new0 (Commit, 1);

  commit->started_us = ulak_clock_get_monotonic_us (ulak_service_get_clock (self->service));
  commit->depth = ulak_line_store_get_depth (self->store);
  g_task_set_source_tag (task, ulak_line_commit_inbound_async);
  g_task_set_task_data (task, commit, g_free);
  ulak_line_store_commit_inbound_async (self->store, inbound, committed_cb, task);
}

gboolean
ulak_line_commit_inbound_finish (UlakLine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- media --- */

void
ulak_media_file_free (UlakMediaFile *self)
{
  if (self == NULL)
    return;
  g_free (self->mime_type);
  g_free (self->file_name);
  g_free (self->path);
  g_free (self->network_handle);
  g_free (self);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakMedium) medium = ulak_media_library_find_finish (ULAK_MEDIA_LIBRARY (source), result, &error);
  UlakMediaFile *file;

  if (medium == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  file = g_new0 (UlakMediaFile, 1);
  file->mime_type = g_steal_pointer (&medium->mime_type);
  file->file_name = g_steal_pointer (&medium->file_name);
  file->path = ulak_media_folder_get_path (self->folder, medium->stored_name);
  file->size_bytes = medium->size_bytes;
  file->network_handle = g_steal_pointer (&medium->network_handle);
  g_task_return_pointer (task, file, (GDestroyNotify) ulak_media_file_free);
}

/** ulak_line_find_media_async: Errors: NOT_FOUND; those of fetching it */
void
ulak_line_find_media_async (UlakLine *self,
                            const char *media_id,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_line_find_media_async);
  ulak_media_library_find_async (self->library, media_id, found_cb, task);
}

UlakMediaFile *
ulak_line_find_media_finish (UlakLine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/** ulak_line_keep_media_handle: @valid_until_us: wall clock. Losing it costs one more upload, so nobody waits for it */
void
ulak_line_keep_media_handle (UlakLine *self,
                             const char *media_id,
                             const char *network_handle,
                             gint64 valid_until_us)
{
  ulak_line_store_keep_media_handle_async (self->store, media_id, network_handle, valid_until_us, written_cb,
                                           start_writing (self));
}

/* --- the rest --- */

/** ulak_line_count_job: @outcome: success, error or skipped */
void
ulak_line_count_job (UlakLine *self, const char *job, const char *outcome, double seconds)
{
  UlakMetrics *metrics = ulak_service_get_metrics (self->service);
  const char *account = ulak_line_get_account (self);

  ulak_metrics_add (metrics, "wp_panel_background_job_runs_total", ULAK_LABELS (account, job, outcome), 1);
  ulak_metrics_observe (metrics, "wp_panel_background_job_duration_seconds",
                        ULAK_LABELS (account, job, outcome), seconds);
}

/** ulak_line_export: @skeleton: (transfer none): unexported when the line ends */
gboolean
ulak_line_export (UlakLine *self, GDBusInterfaceSkeleton *skeleton, GError **error)
{
  g_autofree char *path = g_strconcat (ULAK_OBJECT_PATH_ACCOUNT_PREFIX, ulak_line_get_account (self), NULL);

  if (!g_dbus_interface_skeleton_export (skeleton, ulak_service_get_connection (self->service), path, error))
    return FALSE;
  g_ptr_array_add (self->exports, g_object_ref (skeleton));
  return TRUE;
}

/**
 * ulak_line_make_database_path:
 *
 * Also makes the migrations known, which the caller names to the store next.
 *
 * Returns: (transfer full): the file, also of a line that does not run
 */
char *
ulak_line_make_database_path (const UlakConfig *config, const char *network, const char *account)
{
  g_autofree char *name = g_strconcat (network, ".db", NULL);

  ulak_line_store_register_sql ();
  return g_build_filename (ulak_config_get_string (config, "ulak", "data_dir"), "accounts", account, name,
                           NULL);
}
