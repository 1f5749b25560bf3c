/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/cloud-backend.h"

#include "connector/media-library.h"
#include "core/error.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"
#include "service/call.h"
#include "whatsapp/cloud/callback.h"
#include "whatsapp/cloud/cloud-call.h"
#include "whatsapp/cloud/cloud-check.h"
#include "whatsapp/cloud/cloud-settings.h"
#include "whatsapp/cloud/cloud-watch.h"
#include "whatsapp/cloud/graph-request.h"
#include "whatsapp/cloud/media-limits.h"

#include "ulak-bus.h"

#include <string.h>

/* For read marks, media and the watch: a send must never wait for a connection, since that counts as a fault of the line. */
#define SPARE_CONNECTIONS (2 + ULAK_MEDIA_FETCHES_MAX)
#define RECEIVE_OPTIONS_INDEX 2

struct _UlakCloudBackend
{
  UlakBackend parent_instance;

  UlakLine *line;                  /* unowned, outlives us */
  UlakCloudSettings *settings;     /* (owned) (nullable): until configured */
  UlakGraphClient *client;         /* (owned) (nullable): until configured */
  UlakCloudWatch *watch;           /* (owned) */
  UlakBusWhatsAppCloud1 *skeleton; /* (owned) (nullable): until configured */
  gboolean is_started;
};

G_DEFINE_FINAL_TYPE (UlakCloudBackend, ulak_cloud_backend, ULAK_TYPE_BACKEND)

static UlakCloud
cloud_of (UlakCloudBackend *self)
{
  UlakService *service = ulak_line_get_service (self->line);
  UlakCloud cloud = { self->line, self->client, ulak_service_get_clock (service), self->settings->phone_number_id };

  return cloud;
}

/* --- the line's state --- */

static void
report_state (UlakLineState state, const char *error_code, const char *why, gpointer user_data)
{
  UlakCloudBackend *self = user_data;
  UlakLineState current = ulak_line_get_state (self->line);

  if (current == state ? state == ULAK_LINE_STATE_READY : !ulak_line_state_may_move (current, state))
    return;
  if (current != state && (state == ULAK_LINE_STATE_FAILED || state == ULAK_LINE_STATE_BANNED))
    ulak_log_warning (ULAK_MESSAGE_REMOTE_REFUSED_ACCESS, ULAK_FIELDS (ULAK_FIELD_ERROR_CODE, error_code),
                      "The network does not take the line: %s (%s)", why, error_code);
  ulak_line_set_state (self->line, state, error_code, why);
}

static void
secret_changed_cb (UlakSecretSource *source G_GNUC_UNUSED, const char *name, gpointer user_data)
{
  UlakCloudBackend *self = user_data;

  if (self->settings != NULL && (*name == '\0' || strcmp (name, self->settings->token_secret) == 0))
    ulak_cloud_watch_token_changed (self->watch);
}

/* --- life --- */

static const char *
get_network (UlakBackend *backend G_GNUC_UNUSED)
{
  return "whatsapp";
}

static const char *
get_name (UlakBackend *backend G_GNUC_UNUSED)
{
  return "cloud";
}

static UlakGraphClient *
new_client (UlakCloudBackend *self, const UlakCloudSettings *settings)
{
  UlakService *service = ulak_line_get_service (self->line);
  UlakConfig *config = ulak_service_get_config (service);
  const UlakGraphClientOptions options = {
    .base_url = ulak_config_get_string (config, "whatsapp", "graph_url"),
    .version = ulak_config_get_string (config, "whatsapp", "graph_version"),
    .token_secret = settings->token_secret,
    .timeout_ms = ulak_config_get_integer (config, "whatsapp", "graph_timeout_ms"),
    .max_connections = (guint) ulak_config_get_integer (config, "whatsapp", "send_concurrency") + SPARE_CONNECTIONS,
    .secrets = ulak_line_get_secrets (self->line),
    .clock = ulak_service_get_clock (service),
    .random = ulak_service_get_random (service),
    .metrics = ulak_service_get_metrics (service),
    .account = ulak_line_get_account (self->line),
  };

  return ulak_graph_client_new (&options);
}

static gboolean export_receive (UlakCloudBackend *self, GError **error);

/* Calls under way keep the client that they began with. The interface is there before the bus name is, so that the API
 * never meets a line without it. */
static gboolean
configure (UlakBackend *backend, JsonObject *account, GError **error)
{
  UlakCloudBackend *self = ULAK_CLOUD_BACKEND (backend);
  UlakCloudSettings *settings = ulak_cloud_settings_read (account, error);

  if (settings == NULL)
    return FALSE;
  if (self->skeleton == NULL && !export_receive (self, error))
    {
      ulak_cloud_settings_free (settings);
      return FALSE;
    }

  g_clear_pointer (&self->settings, ulak_cloud_settings_free);
  g_clear_object (&self->client);
  self->settings = settings;
  self->client = new_client (self, settings);
  if (self->is_started)
    ulak_cloud_watch_start (self->watch, self->client, self->settings->phone_number_id);
  return TRUE;
}

static void
start (UlakBackend *backend)
{
  UlakCloudBackend *self = ULAK_CLOUD_BACKEND (backend);

  g_return_if_fail (self->client != NULL);

  self->is_started = TRUE;
  ulak_cloud_watch_start (self->watch, self->client, self->settings->phone_number_id);
}

static void
stop_async (UlakBackend *backend, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakCloudBackend *self = ULAK_CLOUD_BACKEND (backend);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  /* Sends belong to the line, which waits for them or cancels them. */
  g_task_set_source_tag (task, stop_async);
  self->is_started = FALSE;
  ulak_cloud_watch_stop (self->watch);
  g_task_return_boolean (task, TRUE);
}

static gboolean
stop_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- out --- */

static void
check_message (UlakBackend *backend G_GNUC_UNUSED, JsonObject *message, UlakIssues *issues)
{
  ulak_cloud_check_message (message, issues);
}

static gboolean
check_media (UlakBackend *backend G_GNUC_UNUSED, const char *mime_type, goffset *max_bytes_out, GError **error)
{
  return ulak_media_limits_find (mime_type, max_bytes_out, error);
}

static void
sent_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakCloudBackend *self = g_task_get_source_object (task);
  g_autoptr (UlakJudgement) judgement = ulak_cloud_send_finish (result);

  ulak_cloud_watch_note (self->watch, judgement);
  g_task_return_pointer (task, g_steal_pointer (&judgement->result), (GDestroyNotify) ulak_send_result_free);
}

static void
send_async (UlakBackend *backend,
            const UlakOutbound *outbound,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  UlakCloudBackend *self = ULAK_CLOUD_BACKEND (backend);
  UlakCloud cloud = cloud_of (self);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, send_async);
  ulak_cloud_send_async (&cloud, outbound, cancellable, sent_cb, task);
}

static UlakSendResult *
send_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakCloudBackend *self = g_task_get_source_object (task);
  g_autoptr (UlakGraphAnswer) answer = ulak_graph_client_call_finish (ULAK_GRAPH_CLIENT (source), result);
  UlakClock *clock = ulak_service_get_clock (ulak_line_get_service (self->line));
  g_autoptr (UlakJudgement) judgement = ulak_judgement_new (answer, ulak_clock_get_wall_us (clock));
  GError *error = NULL;

  ulak_cloud_watch_note (self->watch, judgement);
  if (ulak_judgement_to_error (judgement, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
mark_read_async (UlakBackend *backend,
                 const char *network_id,
                 gboolean typing,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  UlakCloudBackend *self = ULAK_CLOUD_BACKEND (backend);
  GTask *task = g_task_new (self, NULL, callback, user_data);
  g_autofree char *path = g_strdup_printf ("%s/messages", self->settings->phone_number_id);
  g_autofree char *body = ulak_graph_request_build_read (network_id, typing);

  g_task_set_source_tag (task, mark_read_async);
  ulak_graph_client_post_async (self->client, path, body, NULL, marked_cb, task);
}

static gboolean
boolean_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
fetched_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_cloud_fetch_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
fetch_media_async (UlakBackend *backend,
                   JsonObject *reference,
                   int fd,
                   goffset max_bytes,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  UlakCloudBackend *self = ULAK_CLOUD_BACKEND (backend);
  UlakCloud cloud = cloud_of (self);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, fetch_media_async);
  ulak_cloud_fetch_async (&cloud, reference, fd, max_bytes, cancellable, fetched_cb, task);
}

/* --- in --- */

static void
committed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakCall *call = user_data;
  GError *error = NULL;

  if (ulak_line_commit_inbound_finish (ULAK_LINE (source), result, &error))
    ulak_call_return (call, NULL);
  else
    ulak_call_fail (call, error);
}

static void
receive (UlakCall *call, gpointer user_data)
{
  UlakCloudBackend *self = user_data;
  g_autoptr (GVariant) body = g_variant_get_child_value (ulak_call_get_parameters (call), 0);
  g_autoptr (GVariant) received = g_variant_get_child_value (ulak_call_get_parameters (call), 1);
  g_autoptr (UlakInbound) inbound = ulak_inbound_new ();
  GError *error = NULL;
  gsize size_bytes;
  const char *bytes = g_variant_get_fixed_array (body, &size_bytes, 1);
  guint n_foreign = 0;

  if (!ulak_callback_parse (bytes, size_bytes, self->settings->phone_number_id, g_variant_get_int64 (received), inbound,
                            &n_foreign, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  if (n_foreign > 0)
    ulak_log_debug (NULL, "A callback holds %u changes of other phone numbers", n_foreign);
  if (ulak_inbound_count (inbound) == 0)
    ulak_call_return (call, NULL);
  else
    ulak_line_commit_inbound_async (self->line, g_steal_pointer (&inbound), committed_cb, call);
}

static gboolean
handle_receive (UlakBusWhatsAppCloud1 *skeleton G_GNUC_UNUSED,
                GDBusMethodInvocation *invocation,
                GVariant *body G_GNUC_UNUSED,
                gint64 received_us G_GNUC_UNUSED,
                GVariant *options G_GNUC_UNUSED,
                gpointer user_data)
{
  UlakCloudBackend *self = user_data;

  ulak_call_begin (ulak_line_get_service (self->line), invocation, ULAK_ACTION_SUITE_ONLY, RECEIVE_OPTIONS_INDEX,
                   ULAK_CALL_NO_OPTIONS, receive, G_OBJECT (self));
  return TRUE;
}

static gboolean
export_receive (UlakCloudBackend *self, GError **error)
{
  g_autoptr (UlakBusWhatsAppCloud1) skeleton = ulak_bus_whats_app_cloud1_skeleton_new ();

  ulak_bus_whats_app_cloud1_set_version (skeleton, 1);
  if (!ulak_line_export (self->line, G_DBUS_INTERFACE_SKELETON (skeleton), error))
    return FALSE;

  g_signal_connect (skeleton, "handle-receive", G_CALLBACK (handle_receive), self);
  self->skeleton = g_steal_pointer (&skeleton);
  return TRUE;
}

/* --- the object --- */

static void
ulak_cloud_backend_dispose (GObject *object)
{
  UlakCloudBackend *self = ULAK_CLOUD_BACKEND (object);

  if (self->watch != NULL)
    ulak_cloud_watch_stop (self->watch);
  if (self->skeleton != NULL)
    g_signal_handlers_disconnect_by_data (self->skeleton, self);
  g_clear_object (&self->watch);
  g_clear_object (&self->client);
  g_clear_object (&self->skeleton);
  g_clear_pointer (&self->settings, ulak_cloud_settings_free);
  G_OBJECT_CLASS (ulak_cloud_backend_parent_class)->dispose (object);
}

static void
ulak_cloud_backend_class_init (UlakCloudBackendClass *klass)
{
  UlakBackendClass *backend = ULAK_BACKEND_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ulak_cloud_backend_dispose;
  backend->get_network = get_network;
  backend->get_name = get_name;
  backend->configure = configure;
  backend->start = start;
  backend->stop_async = stop_async;
  backend->stop_finish = stop_finish;
  backend->check_message = check_message;
  backend->check_media = check_media;
  backend->send_async = send_async;
  backend->send_finish = send_finish;
  backend->mark_read_async = mark_read_async;
  backend->mark_read_finish = boolean_finish;
  backend->fetch_media_async = fetch_media_async;
  backend->fetch_media_finish = boolean_finish;
}

static void
ulak_cloud_backend_init (UlakCloudBackend *self G_GNUC_UNUSED)
{
}

UlakBackend *
ulak_cloud_backend_new (UlakLine *line)
{
  UlakCloudBackend *self = g_object_new (ULAK_TYPE_CLOUD_BACKEND, NULL);
  UlakService *service = ulak_line_get_service (line);

  self->line = line;
  self->watch
      = ulak_cloud_watch_new (ulak_service_get_clock (service), ulak_service_get_random (service), report_state, self);
  g_signal_connect_object (ulak_line_get_secrets (line), "changed", G_CALLBACK (secret_changed_cb), self, 0);
  return ULAK_BACKEND (self);
}
