/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Start: store -> keys -> audit trail -> accounts -> lines -> inbox -> bus interface and sockets. Sockets come last: what waits in their backlog is
 * answered by a program that can. Drain: event streams end, the HTTP server finishes what is in flight, the store closes.
 */
#include "api/api-daemon.h"

#include "api/audit-trail.h"
#include "api/bus-adapter.h"
#include "api/event-streams.h"
#include "api/http-sockets.h"
#include "api/metrics-token.h"
#include "api/request.h"
#include "api/survey.h"
#include "core/id.h"
#include "core/names.h"

#include <string.h>

#define MAX_HELD_BYTES (256 * 1024 * 1024) /* a quarter of the unit's MemoryMax=: libsoup holds a body twice for a moment */
#define EXPIRE_US (3600 * G_GINT64_CONSTANT (1000000))

#define ULAK_TYPE_API_DAEMON (ulak_api_daemon_get_type ())
G_DECLARE_FINAL_TYPE (UlakApiDaemon, ulak_api_daemon, ULAK, API_DAEMON, UlakDaemon)

struct _UlakApiDaemon
{
  UlakDaemon parent_instance;

  UlakApi api;
  UlakBusAdapter *adapter; /* (owned) (nullable) */
  guint expire_timer;
};

G_DEFINE_FINAL_TYPE (UlakApiDaemon, ulak_api_daemon, ULAK_TYPE_DAEMON)

static char *
get_bus_name (G_GNUC_UNUSED UlakDaemon *daemon)
{
  return g_strdup (ULAK_BUS_NAME_API);
}

static char *
get_object_path (G_GNUC_UNUSED UlakDaemon *daemon)
{
  return g_strdup (ULAK_OBJECT_PATH_API);
}

char *
ulak_api_daemon_make_database_path (const UlakConfig *config, G_GNUC_UNUSED const char *account)
{
  return g_build_filename (ulak_config_get_string (config, "ulak", "data_dir"), "gateway.db", NULL);
}

/* HTTP server to requests. */

static UlakRequest *
begin_request (UlakApi *api, UlakHttpConnection *connection)
{
  UlakRequest *request = ulak_request_new (api, connection);

  ulak_http_connection_set_exchange (connection, request, (GDestroyNotify) ulak_request_gone);
  return request;
}

static void
got_headers (UlakHttpConnection *connection, const char *verdict, gpointer user_data)
{
  ulak_request_enter (begin_request (user_data, connection), verdict);
}

static void
too_large (UlakHttpConnection *connection, G_GNUC_UNUSED gpointer user_data)
{
  UlakRequest *request = ulak_http_connection_get_exchange (connection);

  if (request != NULL)
    ulak_request_too_large (request);
}

static void
got_request (UlakHttpConnection *connection, G_GNUC_UNUSED gpointer user_data)
{
  UlakRequest *request = ulak_http_connection_get_exchange (connection);

  if (request != NULL)
    ulak_request_handle (request);
}

static char *
format_fault (UlakApi *api, const char *sentence, const char *code, char **id_out)
{
  *id_out = ulak_id_new (api->clock, api->random);
  return g_strdup_printf ("{\"error\":\"%s\",\"code\":\"%s\",\"requestId\":\"%s\"}", sentence, code, *id_out);
}

static char *
unparsed (gpointer user_data)
{
  g_autofree char *id = NULL;

  return format_fault (user_data, "The headers of the request cannot be understood", "E_INVALID", &id);
}

static char *
over_limit (const char *sentence, gpointer user_data)
{
  g_autofree char *id = NULL, *body = format_fault (user_data, sentence, "E_FULL", &id);

  return g_strdup_printf ("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nX-Request-Id: %s\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                          id, strlen (body), body);
}

static UlakHttpLimits
read_limits (UlakApi *api)
{
  return (UlakHttpLimits){
    .max_connections = (guint) ulak_api_get_integer (api, "api", "max_connections"),
    .max_connections_per_address = (guint) ulak_api_get_integer (api, "api", "max_connections_per_address"),
    .header_timeout_ms = ulak_api_get_integer (api, "api", "header_timeout_ms"),
    .body_timeout_ms = ulak_api_get_integer (api, "api", "body_timeout_ms"),
    .idle_timeout_ms = ulak_api_get_integer (api, "api", "idle_timeout_ms"),
    .max_held_bytes = MAX_HELD_BYTES,
  };
}

static void
set_rate_limit (UlakApi *api)
{
  ulak_rate_limit_set (api->rate_limit, (guint) ulak_api_get_integer (api, "api", "rate_limit_calls"),
                       (guint) ulak_api_get_integer (api, "api", "rate_limit_period_s"));
}

static gboolean
open_server (UlakApi *api, GError **error)
{
  static const UlakHttpHandlers handlers = { unparsed, got_headers, too_large, got_request, over_limit };
  UlakConfig *config = ulak_service_get_config (api->service);
  UlakHttpLimits limits = read_limits (api);
  g_autoptr (GPtrArray) sockets = ulak_http_sockets_inherit (error);

  if (sockets != NULL && sockets->len == 0)
    {
      g_ptr_array_unref (g_steal_pointer (&sockets));
      sockets = ulak_http_sockets_listen (ulak_config_get_strings (config, "api", "listen"), error);
    }
  if (sockets == NULL)
    return FALSE;
  api->server = ulak_http_server_new (api->clock, &limits, &handlers, api, error);
  if (api->server == NULL)
    return FALSE;
  for (guint i = 0; i < sockets->len; i++)
    ulak_http_server_add_socket (api->server, sockets->pdata[i]);
  return TRUE;
}

/* Start, in the order of the functions. */

static void
expire_cb (gpointer user_data)
{
  UlakApiDaemon *self = user_data;
  gint64 before_us = ulak_clock_get_wall_us (self->api.clock) - ULAK_IDEMPOTENCY_US;

  ulak_gateway_store_expire_claims_async (self->api.store, before_us, NULL, NULL);
  ulak_audit_trail_trim (&self->api);
  self->expire_timer = ulak_clock_add_timer (self->api.clock, EXPIRE_US, expire_cb, self);
}

static void
wake_inboxes (UlakApi *api)
{
  g_autoptr (GPtrArray) rows = ulak_accounts_list (api->accounts);

  for (guint i = 0; i < rows->len; i++)
    ulak_inbox_wake (api->inbox, ((const UlakAccountRow *) rows->pdata[i])->id);
}

static void
inbox_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakApiDaemon *self = g_task_get_source_object (task);
  UlakApi *api = &self->api;
  GError *error = NULL;

  if (!ulak_inbox_load_finish (ULAK_INBOX (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  api->streams = ulak_event_streams_new (api);
  api->survey = ulak_survey_new (api);
  self->adapter = ulak_bus_adapter_new (api, &error);
  if (self->adapter == NULL || !open_server (api, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  wake_inboxes (api);
  expire_cb (self);
  g_task_return_boolean (task, TRUE);
}

static void
lines_started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakApi *api = &ULAK_API_DAEMON (g_task_get_source_object (task))->api;
  GError *error = NULL;

  if (!ulak_lines_start_finish (ULAK_LINES (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  api->inbox
      = ulak_inbox_new_for_bus (api->store, api->clock, api->random, api->metrics, api->connection, api->lines);
  ulak_inbox_load_async (api->inbox, inbox_loaded_cb, g_steal_pointer (&task));
}

static void
accounts_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakApi *api = &ULAK_API_DAEMON (g_task_get_source_object (task))->api;
  GError *error = NULL;

  if (!ulak_accounts_load_finish (ULAK_ACCOUNTS (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  api->lines = ulak_lines_new (api->connection);
  ulak_lines_start_async (api->lines, lines_started_cb, g_steal_pointer (&task));
}

static void
audit_started_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakApi *api = &ULAK_API_DAEMON (g_task_get_source_object (task))->api;
  GError *error = NULL;

  if (!ulak_audit_trail_start_finish (result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  api->accounts = ulak_accounts_new (api->store);
  ulak_accounts_load_async (api->accounts, accounts_loaded_cb, g_steal_pointer (&task));
}

static void
keys_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakApi *api = &ULAK_API_DAEMON (g_task_get_source_object (task))->api;
  GError *error = NULL;

  if (!ulak_keys_load_finish (ULAK_KEYS (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  ulak_audit_trail_start_async (api, audit_started_cb, g_steal_pointer (&task));
}

static void
store_opened_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakApi *api = &ULAK_API_DAEMON (g_task_get_source_object (task))->api;
  GError *error = NULL;

  api->store = ulak_gateway_store_open_finish (result, &error);
  if (api->store == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  api->secrets = ulak_secrets_new (ulak_service_get_config (api->service), api->clock, g_getenv ("CREDENTIALS_DIRECTORY"));
  api->metrics_token
      = ulak_metrics_token_new (ULAK_SECRET_SOURCE (api->secrets), ulak_service_get_config (api->service));
  api->keys = ulak_keys_new (api->store, api->clock, api->random);
  ulak_keys_load_async (api->keys, keys_loaded_cb, g_steal_pointer (&task));
}

static void
start_async (UlakDaemon *daemon, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakApi *api = &ULAK_API_DAEMON (daemon)->api;
  g_autoptr (GTask) task = g_task_new (daemon, cancellable, callback, user_data);
  UlakConfig *config = ulak_service_get_config (api->service);
  g_autofree char *path = ulak_api_daemon_make_database_path (config, NULL);

  g_task_set_source_tag (task, start_async);
  api->clock = ulak_service_get_clock (api->service);
  api->random = ulak_service_get_random (api->service);
  api->metrics = ulak_service_get_metrics (api->service);
  api->connection = ulak_service_get_connection (api->service);
  api->leaving = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  api->rate_limit = ulak_rate_limit_new (api->clock);
  set_rate_limit (api);
  ulak_gateway_store_open_async (path, ulak_config_get_boolean (config, "ulak", "auto_migrate_on_startup"),
                                 store_opened_cb, g_steal_pointer (&task));
}

static gboolean
finish (G_GNUC_UNUSED UlakDaemon *daemon, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
started (UlakDaemon *daemon)
{
  UlakApi *api = &ULAK_API_DAEMON (daemon)->api;

  api->is_started = TRUE;
  ulak_service_set_status (api->service, "Serving %u accounts, %u keys", ulak_accounts_count (api->accounts),
                           ulak_keys_count (api->keys));
}

/* Drain. */

static void
store_closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;

  if (ulak_gateway_store_close_finish (ULAK_GATEWAY_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
server_drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakApi *api = &ULAK_API_DAEMON (g_task_get_source_object (user_data))->api;

  (void) ulak_http_server_drain_finish (ULAK_HTTP_SERVER (source), result, NULL);
  ulak_gateway_store_close_async (api->store, store_closed_cb, user_data);
}

static void
drain_async (UlakDaemon *daemon, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakApiDaemon *self = ULAK_API_DAEMON (daemon);
  GTask *task = g_task_new (daemon, NULL, callback, user_data);

  g_task_set_source_tag (task, drain_async);
  self->api.is_draining = TRUE;
  ulak_clock_clear_timer (self->api.clock, &self->expire_timer);
  ulak_inbox_stop (self->api.inbox);
  ulak_http_server_drain_async (self->api.server, server_drained_cb, task);
  ulak_event_streams_end (self->api.streams);
}

static void
reload (UlakDaemon *daemon, UlakConfig *config)
{
  UlakApi *api = &ULAK_API_DAEMON (daemon)->api;
  UlakHttpLimits limits = read_limits (api);

  ulak_http_server_set_limits (api->server, &limits);
  set_rate_limit (api);
  ulak_secrets_forget_cache (api->secrets);
  ulak_metrics_token_set_config (api->metrics_token, config);
}

static void
check_health (UlakDaemon *daemon, UlakHealth *health)
{
  ulak_survey_check_own (&ULAK_API_DAEMON (daemon)->api, health);
}

static UlakStore *
get_store (UlakDaemon *daemon)
{
  UlakApi *api = &ULAK_API_DAEMON (daemon)->api;

  return api->store == NULL ? NULL : ulak_gateway_store_get_engine (api->store);
}

static void
refresh_metrics (UlakDaemon *daemon)
{
  ulak_survey_refresh_own (&ULAK_API_DAEMON (daemon)->api);
}

static void
ulak_api_daemon_dispose (GObject *object)
{
  UlakApiDaemon *self = ULAK_API_DAEMON (object);
  UlakApi *api = &self->api;

  if (api->clock != NULL)
    ulak_clock_clear_timer (api->clock, &self->expire_timer);
  ulak_service_set_audit_func (api->service, NULL, NULL);
  g_clear_object (&self->adapter);
  g_clear_object (&api->server);
  g_clear_pointer (&api->streams, ulak_event_streams_free);
  g_clear_pointer (&api->survey, ulak_survey_free);
  g_clear_object (&api->inbox);
  g_clear_object (&api->accounts);
  g_clear_object (&api->lines);
  g_clear_object (&api->keys);
  g_clear_pointer (&api->metrics_token, ulak_metrics_token_free);
  g_clear_pointer (&api->leaving, g_hash_table_unref);
  g_clear_pointer (&api->rate_limit, ulak_rate_limit_free);
  g_clear_object (&api->secrets);
  g_clear_object (&api->store);
  G_OBJECT_CLASS (ulak_api_daemon_parent_class)->dispose (object);
}

static void
ulak_api_daemon_class_init (UlakApiDaemonClass *class)
{
  UlakDaemonClass *daemon_class = ULAK_DAEMON_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = ulak_api_daemon_dispose;
  daemon_class->get_bus_name = get_bus_name;
  daemon_class->get_object_path = get_object_path;
  daemon_class->start_async = start_async;
  daemon_class->start_finish = finish;
  daemon_class->started = started;
  daemon_class->drain_async = drain_async;
  daemon_class->drain_finish = finish;
  daemon_class->reload = reload;
  daemon_class->check_health = check_health;
  daemon_class->get_store = get_store;
  daemon_class->refresh_metrics = refresh_metrics;
}

static void
ulak_api_daemon_init (G_GNUC_UNUSED UlakApiDaemon *self)
{
}

UlakDaemon *
ulak_api_daemon_new (UlakService *service)
{
  UlakApiDaemon *self = g_object_new (ULAK_TYPE_API_DAEMON, NULL);

  self->api.service = service;
  return ULAK_DAEMON (self);
}
