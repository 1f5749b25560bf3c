/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/webhooks-daemon.h"

#include "core/event-types.h"
#include "core/id.h"
#include "core/json.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"
#include "service/seal.h"
#include "service/secrets.h"
#include "webhooks/adapter.h"
#include "webhooks/resolver.h"

#define SEAL_PURPOSE "webhooks"
#define SEAL_RETRY_US (5 * G_USEC_PER_SEC)

/* A keyring that answers does so sooner; the start does not wait for one that hangs. */
#define SEAL_START_US (2 * G_USEC_PER_SEC)
#define DAY_US (24 * 3600 * G_GINT64_CONSTANT (1000000))

/* The default schedule: added to each wait, so that endpoints that fell together do not come back together. */
#define JITTER_PERCENT 10

struct _UlakWebhooksDaemon
{
  UlakDaemon parent_instance;

  UlakService *service;       /* unowned, outlives us */
  UlakSecrets *secrets;       /* (owned) */
  UlakResolver *resolver;     /* (owned) */
  UlakWebhookStore *store;    /* (owned) (nullable): while open */
  UlakEndpoints *endpoints;   /* (owned) */
  UlakSender *sender;         /* (owned) */
  UlakDispatcher *dispatcher; /* (owned) */
  UlakUpkeep *upkeep;         /* (owned) */
  UlakAdapter *adapter;       /* (owned) */
  GCancellable *cancellable;  /* (owned): until the drain */
  char *seal_fault;           /* (owned) (nullable): why there is no master key */
  guint seal_timer;
  GTask *start; /* (owned) (nullable): everything is up but the master key */
  guint start_timer;
};

G_DEFINE_FINAL_TYPE (UlakWebhooksDaemon, ulak_webhooks_daemon, ULAK_TYPE_DAEMON)

static void
ulak_webhooks_daemon_dispose (GObject *object)
{
  UlakWebhooksDaemon *self = ULAK_WEBHOOKS_DAEMON (object);

  g_cancellable_cancel (self->cancellable);
  if (self->seal_timer != 0)
    ulak_clock_clear_timer (ulak_service_get_clock (self->service), &self->seal_timer);
  if (self->start_timer != 0)
    ulak_clock_clear_timer (ulak_service_get_clock (self->service), &self->start_timer);
  g_clear_object (&self->start);
  if (self->secrets != NULL)
    g_signal_handlers_disconnect_by_data (self->secrets, self);
  g_clear_object (&self->adapter);
  g_clear_object (&self->upkeep);
  g_clear_object (&self->dispatcher);
  g_clear_object (&self->sender);
  g_clear_object (&self->endpoints);
  g_clear_object (&self->store);
  g_clear_object (&self->secrets);
  g_clear_object (&self->resolver);
  g_clear_pointer (&self->seal_fault, g_free);
  G_OBJECT_CLASS (ulak_webhooks_daemon_parent_class)->dispose (object);
}

static void
ulak_webhooks_daemon_finalize (GObject *object)
{
  g_clear_object (&ULAK_WEBHOOKS_DAEMON (object)->cancellable);
  G_OBJECT_CLASS (ulak_webhooks_daemon_parent_class)->finalize (object);
}

static gint64
setting (const UlakConfig *config, const char *key)
{
  return ulak_config_get_integer (config, "webhooks", key);
}

static void
configure_dispatcher (UlakWebhooksDaemon *self, const UlakConfig *config)
{
  UlakDispatcherSettings settings = {
    .concurrency = (guint) setting (config, "concurrency"),
    .max_in_flight = (guint) setting (config, "max_in_flight"),
    .queue_limit = (guint) setting (config, "queue_limit"),
    .head_block_max_us = setting (config, "head_block_max_s") * G_USEC_PER_SEC,
    .schedule = {
        .attempts = (guint) setting (config, "attempts"),
        .backoff = { setting (config, "backoff_ms"), setting (config, "backoff_max_ms"), JITTER_PERCENT },
        .max_age_us = setting (config, "delivery_max_age_days") * DAY_US,
    },
  };
  UlakRetention retention = { setting (config, "event_max_age_days") * DAY_US, settings.schedule.max_age_us };

  ulak_dispatcher_configure (self->dispatcher, &settings);
  ulak_upkeep_configure (self->upkeep, &retention, settings.head_block_max_us);
}

static void
configure (UlakWebhooksDaemon *self, const UlakConfig *config)
{
  gboolean allow_private = ulak_config_get_boolean (config, "webhooks", "allow_private_targets");
  UlakSenderSettings sender = { setting (config, "timeout_ms"), (gsize) setting (config, "answer_max_bytes"), allow_private,
                                (guint) setting (config, "max_in_flight") };

  ulak_resolver_set_allow_private (self->resolver, allow_private);
  ulak_webhook_store_set_max_bytes (self->store, setting (config, "event_max_bytes"));
  ulak_endpoints_set_limits (self->endpoints, (guint) setting (config, "endpoints_max"), allow_private);
  ulak_sender_configure (self->sender, &sender);
  configure_dispatcher (self, config);
}

static void
finish_start (UlakWebhooksDaemon *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->start);

  ulak_clock_clear_timer (ulak_service_get_clock (self->service), &self->start_timer);
  if (task == NULL)
    return;
  ulak_dispatcher_start (self->dispatcher);
  ulak_upkeep_start (self->upkeep);
  g_task_return_boolean (task, TRUE);
}

static void
start_timer_cb (gpointer user_data)
{
  UlakWebhooksDaemon *self = user_data;

  self->start_timer = 0;
  finish_start (self);
}

static void load_seal (UlakWebhooksDaemon *self);

static void
seal_timer_cb (gpointer user_data)
{
  UlakWebhooksDaemon *self = user_data;

  self->seal_timer = 0;
  load_seal (self);
}

static void
seal_loaded_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakWebhooksDaemon) self = user_data;
  g_autoptr (GError) error = NULL;
  UlakSeal *seal = ulak_seal_load_finish (result, &error);

  if (seal != NULL && self->endpoints != NULL)
    {
      g_clear_pointer (&self->seal_fault, g_free);
      ulak_endpoints_set_seal (self->endpoints, seal);
      finish_start (self);
      return;
    }
  g_clear_pointer (&seal, ulak_seal_free);
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (self->seal_fault == NULL)
    ulak_log_warning (ULAK_MESSAGE_KEYRING_FAULT, NULL, "Webhooks wait: the master key cannot be read: %s", error->message);
  g_free (self->seal_fault);
  self->seal_fault = g_strdup (error->message);
  if (self->seal_timer == 0)
    self->seal_timer = ulak_clock_add_timer (ulak_service_get_clock (self->service), SEAL_RETRY_US, seal_timer_cb, self);
  finish_start (self);
}

static void
load_seal (UlakWebhooksDaemon *self)
{
  ulak_seal_load_async (ULAK_SECRET_SOURCE (self->secrets), g_getenv ("CREDENTIALS_DIRECTORY"), SEAL_PURPOSE,
                        self->cancellable, seal_loaded_cb, g_object_ref (self));
}

static void
secret_changed_cb (UlakSecretSource *source G_GNUC_UNUSED, const char *name, gpointer user_data)
{
  if (*name == '\0' || g_str_equal (name, ULAK_SECRET_MASTER))
    load_seal (user_data);
}

static void
disabled_stored_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  ulak_webhook_store_submit_finish (ULAK_WEBHOOK_STORE (source), result, &error);
  if (error != NULL)
    ulak_log_warning (ULAK_MESSAGE_DATABASE_ERROR, NULL, "database error: the event endpoint.disabled is lost: %s",
                      error->message);
}

/* Tells the other endpoints and the live readers. */
static void
disabled_cb (UlakDispatcher *dispatcher G_GNUC_UNUSED, UlakEndpoint *endpoint, gpointer user_data)
{
  UlakWebhooksDaemon *self = user_data;
  UlakClock *clock = ulak_service_get_clock (self->service);
  g_autofree char *id = ulak_id_new (clock, ulak_service_get_random (self->service));
  GPtrArray *events = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_event_free);
  g_autoptr (JsonObject) data = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_string_member (data, "endpoint", endpoint->id);
  json_object_set_string_member (data, "url", endpoint->url);
  json_object_set_string_member (data, "reason", endpoint->disabled_reason);
  text = ulak_json_print_object (data);
  g_ptr_array_add (events, ulak_event_new (id, "", ULAK_EVENT_ENDPOINT_DISABLED, "", ulak_clock_get_wall_us (clock), text, -1));
  ulak_webhook_store_submit_async (self->store, events, ulak_endpoints_get_all (self->endpoints), disabled_stored_cb, NULL);
}

static void
make_parts (UlakWebhooksDaemon *self)
{
  UlakClock *clock = ulak_service_get_clock (self->service);
  UlakRandom *random = ulak_service_get_random (self->service);
  UlakDispatcherParts parts;

  self->endpoints = ulak_endpoints_new (self->store, clock, random);
  self->sender = ulak_sender_new (clock);
  self->upkeep = ulak_upkeep_new (self->store, clock, ulak_service_get_metrics (self->service));
  parts = (UlakDispatcherParts){ self->store, self->endpoints, self->sender,
                                 clock, random, ulak_service_get_metrics (self->service) };
  self->dispatcher = ulak_dispatcher_new (&parts);
  g_signal_connect (self->dispatcher, "disabled", G_CALLBACK (disabled_cb), self);
  configure (self, ulak_service_get_config (self->service));
}

static gboolean
go_on_the_bus (UlakWebhooksDaemon *self, GError **error)
{
  UlakAdapterParts parts = { self->service, self->store, self->endpoints,
                             self->dispatcher, self->sender, self->upkeep };

  self->adapter = ulak_adapter_new (&parts);
  return ulak_adapter_export (self->adapter, ulak_service_get_connection (self->service), error);
}

static void
endpoints_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakWebhooksDaemon *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!ulak_endpoints_load_finish (ULAK_ENDPOINTS (source), result, &error) || !go_on_the_bus (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  self->start = g_steal_pointer (&task);
  self->start_timer = ulak_clock_add_timer (ulak_service_get_clock (self->service), SEAL_START_US, start_timer_cb, self);
  load_seal (self);
}

static void
opened_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakWebhooksDaemon *self = g_task_get_source_object (task);
  GError *error = NULL;

  self->store = ulak_webhook_store_open_finish (result, &error);
  if (self->store == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  make_parts (self);
  ulak_endpoints_load_async (self->endpoints, endpoints_loaded_cb, g_steal_pointer (&task));
}

static void
use_resolver (UlakWebhooksDaemon *self)
{
  g_autoptr (GResolver) system = g_resolver_get_default ();

  self->resolver = ulak_resolver_new (system);
  g_resolver_set_default (G_RESOLVER (self->resolver));
}

static void
start_async (UlakDaemon *daemon, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakWebhooksDaemon *self = ULAK_WEBHOOKS_DAEMON (daemon);
  UlakConfig *config = ulak_service_get_config (self->service);
  g_autofree char *path = ulak_webhooks_daemon_make_database_path (config, NULL);
  UlakWebhookStoreOptions options = { path, ulak_config_get_boolean (config, "ulak", "auto_migrate_on_startup"),
                                      setting (config, "event_max_bytes") };
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, start_async);
  use_resolver (self);
  self->secrets = ulak_secrets_new (config, ulak_service_get_clock (self->service), g_getenv ("CREDENTIALS_DIRECTORY"));
  g_signal_connect (self->secrets, "changed", G_CALLBACK (secret_changed_cb), self);
  ulak_webhook_store_open_async (&options, ulak_service_get_clock (self->service), cancellable, opened_cb, task);
}

static gboolean
finish_boolean (UlakDaemon *daemon, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, daemon), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_webhook_store_close_finish (ULAK_WEBHOOK_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakWebhooksDaemon *self = g_task_get_source_object (user_data);

  ulak_dispatcher_drain_finish (ULAK_DISPATCHER (source), result, NULL); /* it cannot fail, only take long */
  ulak_webhook_store_close_async (self->store, closed_cb, user_data);
}

static void
drain_async (UlakDaemon *daemon, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakWebhooksDaemon *self = ULAK_WEBHOOKS_DAEMON (daemon);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, drain_async);
  g_cancellable_cancel (self->cancellable);
  ulak_clock_clear_timer (ulak_service_get_clock (self->service), &self->seal_timer);
  if (self->dispatcher == NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  ulak_upkeep_stop (self->upkeep);
  ulak_dispatcher_drain_async (self->dispatcher, drained_cb, task);
}

static char *
get_bus_name (UlakDaemon *daemon G_GNUC_UNUSED)
{
  return g_strdup (ULAK_BUS_NAME_WEBHOOKS);
}

static char *
get_object_path (UlakDaemon *daemon G_GNUC_UNUSED)
{
  return g_strdup (ULAK_OBJECT_PATH_WEBHOOKS);
}

static void
reload (UlakDaemon *daemon, UlakConfig *config)
{
  UlakWebhooksDaemon *self = ULAK_WEBHOOKS_DAEMON (daemon);

  if (self->dispatcher != NULL)
    configure (self, config);
}

static UlakStore *
get_store (UlakDaemon *daemon)
{
  UlakWebhooksDaemon *self = ULAK_WEBHOOKS_DAEMON (daemon);

  return self->store != NULL ? ulak_webhook_store_get_engine (self->store) : NULL;
}

static void
check_database (UlakWebhooksDaemon *self, UlakHealth *health)
{
  UlakStoreStatus status;

  ulak_webhook_store_get_status (self->store, &status);
  if (status.is_healthy)
    ulak_health_add (health, "database", ULAK_HEALTH_HEALTHY, "%s", "");
  else
    ulak_health_add (health, "database", ULAK_HEALTH_UNHEALTHY, "%s", status.fault != NULL ? status.fault : "disk fault");
}

static void
check_budget (UlakWebhooksDaemon *self, UlakHealth *health)
{
  gint64 used_bytes = ulak_webhook_store_get_used_bytes (self->store);
  gint64 max_bytes = setting (ulak_service_get_config (self->service), "event_max_bytes");

  if (used_bytes <= max_bytes / 100 * 95)
    ulak_health_add (health, "event_log", ULAK_HEALTH_HEALTHY, "%s", "");
  else
    ulak_health_add (health, "event_log", ULAK_HEALTH_DEGRADED,
                     "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " bytes are used; when deliveries need them all, events are "
                     "refused",
                     used_bytes, max_bytes);
}

static void
check_secrets (UlakWebhooksDaemon *self, UlakHealth *health)
{
  guint unreadable = ulak_endpoints_count_unreadable (self->endpoints);

  if (!ulak_endpoints_has_seal (self->endpoints))
    ulak_health_add (health, "secrets", ULAK_HEALTH_DEGRADED, "No webhook is sent: %s",
                     self->seal_fault != NULL ? self->seal_fault : "the master key is being read");
  else if (unreadable > 0)
    ulak_health_add (health, "secrets", ULAK_HEALTH_DEGRADED,
                     "%u endpoints wait: their secrets cannot be opened with this master key; rotate them", unreadable);
  else
    ulak_health_add (health, "secrets", ULAK_HEALTH_HEALTHY, "%s", "");
}

static void
check_health (UlakDaemon *daemon, UlakHealth *health)
{
  UlakWebhooksDaemon *self = ULAK_WEBHOOKS_DAEMON (daemon);

  if (self->dispatcher == NULL)
    {
      ulak_health_add (health, "database", ULAK_HEALTH_UNHEALTHY, "The database is being opened");
      return;
    }
  check_database (self, health);
  check_budget (self, health);
  check_secrets (self, health);
  if (ulak_dispatcher_is_stuck (self->dispatcher))
    ulak_health_add (health, "deliveries", ULAK_HEALTH_DEGRADED, "Outcomes cannot be stored and are kept in memory");
  else
    ulak_health_add (health, "deliveries", ULAK_HEALTH_HEALTHY, "%s", "");
}

static void
refresh_metrics (UlakDaemon *daemon)
{
  UlakWebhooksDaemon *self = ULAK_WEBHOOKS_DAEMON (daemon);

  UlakMetrics *metrics = ulak_service_get_metrics (self->service);

  if (self->dispatcher == NULL)
    return;
  ulak_dispatcher_refresh_metrics (self->dispatcher);
  ulak_metrics_set_total (metrics, "ulak_events_total", ULAK_NO_LABELS,
                          (double) ulak_webhook_store_get_last_sequence (self->store));
  ulak_metrics_set (metrics, "ulak_event_log_bytes", ULAK_NO_LABELS,
                    (double) ulak_webhook_store_get_used_bytes (self->store));
  ulak_metrics_set (metrics, "ulak_deliveries_pending", ULAK_NO_LABELS,
                    (double) ulak_webhook_store_get_pending (self->store));
}

static void
ulak_webhooks_daemon_class_init (UlakWebhooksDaemonClass *class)
{
  UlakDaemonClass *daemon = ULAK_DAEMON_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = ulak_webhooks_daemon_dispose;
  G_OBJECT_CLASS (class)->finalize = ulak_webhooks_daemon_finalize;
  daemon->get_bus_name = get_bus_name;
  daemon->get_object_path = get_object_path;
  daemon->start_async = start_async;
  daemon->start_finish = finish_boolean;
  daemon->drain_async = drain_async;
  daemon->drain_finish = finish_boolean;
  daemon->reload = reload;
  daemon->get_store = get_store;
  daemon->check_health = check_health;
  daemon->refresh_metrics = refresh_metrics;
}

static void
ulak_webhooks_daemon_init (UlakWebhooksDaemon *self)
{
  self->cancellable = g_cancellable_new ();
}

UlakDaemon *
ulak_webhooks_daemon_new (UlakService *service)
{
  UlakWebhooksDaemon *self = g_object_new (ULAK_TYPE_WEBHOOKS_DAEMON, NULL);

  self->service = service;
  return ULAK_DAEMON (self);
}

/**
 * ulak_webhooks_daemon_make_database_path:
 * @config: the settings
 * @account: unused: the file is not a line's
 *
 * Returns: (transfer full): DATA_DIR/webhooks.db
 */
char *
ulak_webhooks_daemon_make_database_path (const UlakConfig *config, const char *account G_GNUC_UNUSED)
{
  return g_build_filename (ulak_config_get_string (config, "ulak", "data_dir"), "webhooks.db", NULL);
}
