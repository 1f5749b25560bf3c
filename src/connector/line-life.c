/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A line's life, step by step:
 *
 *   open the database -> settings -> media folder -> account document -> backend -> export -> (name is owned) -> start
 *
 * and its end: no new sends, the backend stops, what is in flight is settled, the outbox carries what it can, the database closes.
 */
#include "connector/account-source.h"
#include "connector/line-parts.h"

#include "core/context.h"
#include "core/log.h"
#include "core/names.h"

static char *
get_bus_name (UlakDaemon *daemon)
{
  return g_strconcat (ULAK_BUS_NAME_ACCOUNT_PREFIX, ulak_line_get_account (ULAK_LINE (daemon)), NULL);
}

static char *
get_object_path (UlakDaemon *daemon)
{
  return g_strconcat (ULAK_OBJECT_PATH_ACCOUNT_PREFIX, ulak_line_get_account (ULAK_LINE (daemon)), NULL);
}

static void
make_queue (UlakLine *self)
{
  UlakSendQueueOptions options = {
    .concurrency = (guint) ulak_line_config_integer (self, "whatsapp", "send_concurrency"),
    .attempts = (guint) ulak_line_config_integer (self, "whatsapp", "send_attempts"),
    .backoff = { ulak_line_config_integer (self, "whatsapp", "send_backoff_ms"),
                 ulak_line_config_integer (self, "whatsapp", "send_backoff_max_ms"), 20 },
    .unknown_wait_ms = ulak_line_config_integer (self, "whatsapp", "unknown_wait_ms"),
  };

  self->queue = ulak_send_queue_new (self->store, ulak_service_get_clock (self->service),
                                     ulak_service_get_random (self->service),
                                     ulak_service_get_metrics (self->service), &options);
}

/* --- start --- */

static void
counts_changed (UlakLine *self)
{
  if (self->adapter != NULL)
    ulak_account_adapter_refresh (self->adapter);
}

static gboolean export(UlakLine *self, GError **error)
{
  g_autofree char *path = get_object_path (ULAK_DAEMON (self));

  self->adapter = ulak_account_adapter_new (self);
  g_signal_connect_object (self->store, "changed", G_CALLBACK (counts_changed), self, G_CONNECT_SWAPPED);
  return ulak_account_adapter_export (self->adapter, ulak_service_get_connection (self->service), path, error);
}

static void
settings_read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) values
      = ulak_line_store_get_settings_finish (ULAK_LINE_STORE (source), result, &error);

  if (values == NULL || !export(self, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  ulak_line_apply_settings (self, values);
  g_task_return_boolean (task, TRUE);
}

/* Only the backend knows whether what was on its way at a crash may go again. */
static void
recovered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  ulak_line_read_defaults (self);
  make_queue (self);
  ulak_line_store_get_settings_async (self->store, settings_read_cb, g_steal_pointer (&task));
}

static void
document_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) document = ulak_account_source_load_finish (ULAK_LINE_STORE (source), result, &error);

  if (document == NULL || !ulak_line_use_document (self, document, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  ulak_line_store_recover_async (self->store, ULAK_BACKEND_GET_CLASS (self->backend)->sends_idempotently, recovered_cb,
                                 g_steal_pointer (&task));
}

static void
swept_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  ulak_media_folder_remove_finish (ULAK_MEDIA_FOLDER (source), result, NULL);
}

static GVariant *
make_options (UlakLine *self)
{
  return ulak_context_make_options (ulak_service_get_clock (self->service), ulak_service_get_random (self->service));
}

static void
orphans_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) orphans = ulak_line_store_evict_media_finish (ULAK_LINE_STORE (source), result, &error);

  if (orphans == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (orphans[0] != NULL)
    ulak_media_folder_remove_async (self->folder, (const char *const *) orphans, swept_cb, NULL);
  ulak_account_source_load_async (self->store, ulak_service_get_connection (self->service),
                                  ulak_line_get_account (self), make_options (self), document_cb, g_steal_pointer (&task));
}

static void
folder_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = ulak_media_folder_open_finish (ULAK_MEDIA_FOLDER (source), result, &error);

  if (names == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  ulak_line_store_find_orphans_async (self->store, (const char *const *) names, orphans_cb,
                                      g_steal_pointer (&task));
}

static void
job_done (UlakLine *self, const char *job, const char *outcome, double seconds)
{
  ulak_line_count_job (self, job, outcome, seconds);
}

static void
make_parts (UlakLine *self)
{
  UlakClock *clock = ulak_service_get_clock (self->service);
  UlakRandom *random = ulak_service_get_random (self->service);
  GDBusConnection *connection = ulak_service_get_connection (self->service);
  const char *account = ulak_line_get_account (self);
  g_autofree char *media
      = g_build_filename (ulak_service_get_data_dir (self->service), "accounts", account, "media", NULL);

  self->folder = ulak_media_folder_new (media, clock, random);
  self->library = ulak_media_library_new (self->store, self->folder,
                                          ulak_line_config_integer (self, "whatsapp", "upload_max_bytes"));
  self->pump = ulak_outbox_pump_new (self->store, connection, clock, random, account);
  self->cleaner = ulak_cleaner_new (self->store, self->folder, clock);
  g_signal_connect_object (self->cleaner, "job-done", G_CALLBACK (job_done), self, G_CONNECT_SWAPPED);
  self->secrets = ulak_remote_secrets_new (connection, clock, random, account,
                                           ulak_line_config_integer (self, "api", "cache_expiry_seconds"));
}

static void
store_opened_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  self->store = ulak_line_store_open_finish (result, &error);
  if (self->store == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  make_parts (self);
  ulak_line_set_state (self, ULAK_LINE_STATE_STARTING, NULL, NULL);
  ulak_media_folder_open_async (self->folder, folder_cb, g_steal_pointer (&task));
}

static void
start_async (UlakDaemon *daemon, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakLine *self = ULAK_LINE (daemon);
  const UlakConfig *config = ulak_service_get_config (self->service);
  g_autofree char *path = ulak_line_make_database_path (config, self->network, ulak_line_get_account (self));
  UlakLineStoreOptions options = {
    .path = path,
    .migrate = ulak_config_get_boolean (config, "ulak", "auto_migrate_on_startup"),
    .queue_max = (guint) ulak_line_config_integer (self, "whatsapp", "queue_max"),
    .unknown_wait_ms = ulak_line_config_integer (self, "whatsapp", "unknown_wait_ms"),
    .migrations = self->migrations,
    .recovers_later = TRUE,
    .clock = ulak_service_get_clock (self->service),
    .random = ulak_service_get_random (self->service),
  };
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, start_async);
  ulak_line_store_open_async (&options, cancellable, store_opened_cb, task);
}

static gboolean
finish (UlakDaemon *daemon, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, daemon), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ulak-api gives secrets only to the owner of our name, so the backend starts after it is ours. */
static void
started (UlakDaemon *daemon)
{
  UlakLine *self = ULAK_LINE (daemon);

  ulak_outbox_pump_start (self->pump);
  ulak_send_queue_set_backend (self->queue, self->backend);
  ULAK_BACKEND_GET_CLASS (self->backend)->start (self->backend);
}

static void
settings_reread_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakLine) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) values
      = ulak_line_store_get_settings_finish (ULAK_LINE_STORE (source), result, &error);

  if (values != NULL)
    ulak_line_apply_settings (self, values);
  else
    ulak_log_warning (NULL, NULL, "The new configuration is used from the next start on: %s", error->message);
}

/* Only the defaults of settings change while a line runs; the rest counts from the next start. */
static void
reload (UlakDaemon *daemon, UlakConfig *config G_GNUC_UNUSED)
{
  UlakLine *self = ULAK_LINE (daemon);

  ulak_line_read_defaults (self);
  ulak_line_store_get_settings_async (self->store, settings_reread_cb, g_object_ref (self));
}

/* --- end --- */

static void
store_closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (ulak_line_store_close_finish (ULAK_LINE_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
pumped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakLine *self = g_task_get_source_object (task);

  ulak_outbox_pump_drain_finish (ULAK_OUTBOX_PUMP (source), result, NULL);
  ulak_line_store_close_async (self->store, store_closed_cb, task);
}

/* The last event, that the line is stopped, must be in the outbox before it is emptied. */
void
ulak_line_note_written (UlakLine *self)
{
  if (self->closing != NULL && self->writing == 0)
    ulak_outbox_pump_drain_async (self->pump, pumped_cb, g_steal_pointer (&self->closing));
}

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakLine *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!ULAK_BACKEND_GET_CLASS (source)->stop_finish (ULAK_BACKEND (source), result, &error))
    ulak_log_warning (NULL, NULL, "The backend did not stop cleanly: %s", error->message);
  ulak_line_set_state (self, ULAK_LINE_STATE_STOPPED, NULL, NULL);
  self->closing = task;
  ulak_line_note_written (self);
}

static void
queue_drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakLine *self = g_task_get_source_object (task);

  ulak_send_queue_drain_finish (ULAK_SEND_QUEUE (source), result, NULL);
  ULAK_BACKEND_GET_CLASS (self->backend)->stop_async (self->backend, stopped_cb, task);
}

static void
drain_async (UlakDaemon *daemon, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakLine *self = ULAK_LINE (daemon);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, drain_async);
  if (self->cleaner != NULL)
    ulak_cleaner_stop (self->cleaner);
  if (self->queue != NULL)
    ulak_send_queue_drain_async (self->queue, queue_drained_cb, task);
  else if (self->store != NULL)
    ulak_line_store_close_async (self->store, store_closed_cb, task);
  else
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

static UlakStore *
get_store (UlakDaemon *daemon)
{
  UlakLine *self = ULAK_LINE (daemon);

  return self->store == NULL ? NULL : ulak_line_store_get_store (self->store);
}

void
ulak_line_life_init (UlakDaemonClass *klass)
{
  klass->get_bus_name = get_bus_name;
  klass->get_object_path = get_object_path;
  klass->start_async = start_async;
  klass->start_finish = finish;
  klass->started = started;
  klass->drain_async = drain_async;
  klass->drain_finish = finish;
  klass->reload = reload;
  klass->check_health = ulak_line_check_health;
  klass->get_store = get_store;
  klass->refresh_metrics = ulak_line_refresh_metrics;
}
