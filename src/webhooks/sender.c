/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/sender.h"

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "webhooks/schedule.h"
#include "webhooks/signature.h"
#include "webhooks/target.h"

#include <libsoup/soup.h>
#include <string.h>

#define USER_AGENT "Ulak/" ULAK_VERSION
#define READ_BYTES 8192
#define IDLE_TIMEOUT_S 30

struct _UlakSender
{
  GObject parent_instance;

  UlakClock *clock;     /* (owned) */
  SoupSession *session; /* (owned) */
  UlakSenderSettings settings;
};

G_DEFINE_FINAL_TYPE (UlakSender, ulak_sender, G_TYPE_OBJECT)

/* One request under way. */
typedef struct
{
  GTask *task;               /* (owned) */
  UlakSender *sender;        /* unowned: the task holds it */
  SoupMessage *message;      /* (owned) */
  GCancellable *cancellable; /* (owned) */
  GInputStream *stream;      /* (owned) (nullable) */
  GString *answer;           /* (owned): the first KiB */
  gsize read_bytes;
  gint64 started_us; /* monotonic */
  guint deadline;    /* timer */
  gboolean is_timed_out;
  GError *refusal;      /* (owned) (nullable): why we stopped it ourselves */
  UlakAttempt *attempt; /* (owned) */
} Exchange;

static void
ulak_sender_finalize (GObject *object)
{
  UlakSender *self = ULAK_SENDER (object);

  g_clear_object (&self->session);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (ulak_sender_parent_class)->finalize (object);
}

static void
ulak_sender_class_init (UlakSenderClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ulak_sender_finalize;
}

static void
ulak_sender_init (UlakSender *self G_GNUC_UNUSED)
{
}

static SoupSession *
make_session (guint max_in_flight)
{
  /* Our own limits decide who waits, so libsoup must never be the one: a wait there would eat the deadline. */
  SoupSession *session = g_object_new (SOUP_TYPE_SESSION, "max-conns", (int) max_in_flight * 2 + 8, "max-conns-per-host",
                                       (int) max_in_flight + 8, "timeout", 0, "idle-timeout", IDLE_TIMEOUT_S,
                                       "proxy-resolver", NULL, "user-agent", USER_AGENT, NULL);

  soup_session_set_proxy_resolver (session, NULL);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  return session;
}

/**
 * ulak_sender_new:
 * @clock: for the deadline and the timestamp
 *
 * Returns: (transfer full): a sender that must be configured before it sends
 */
UlakSender *
ulak_sender_new (UlakClock *clock)
{
  UlakSender *self = g_object_new (ULAK_TYPE_SENDER, NULL);

  self->clock = g_object_ref (clock);
  return self;
}

/**
 * ulak_sender_configure:
 * @self: a sender
 * @settings: for requests from now on; those under way keep theirs
 */
void
ulak_sender_configure (UlakSender *self, const UlakSenderSettings *settings)
{
  if (self->session == NULL || self->settings.max_in_flight != settings->max_in_flight)
    {
      g_clear_object (&self->session);
      self->session = make_session (settings->max_in_flight);
    }
  self->settings = *settings;
}

static void
exchange_free (Exchange *exchange)
{
  ulak_clock_clear_timer (exchange->sender->clock, &exchange->deadline);
  if (exchange->message != NULL)
    g_signal_handlers_disconnect_by_data (exchange->message, exchange);
  g_clear_object (&exchange->message);
  g_clear_object (&exchange->stream);
  g_clear_object (&exchange->cancellable);
  g_clear_error (&exchange->refusal);
  g_string_free (exchange->answer, TRUE);
  ulak_attempt_free (exchange->attempt);
  g_object_unref (exchange->task);
  g_free (exchange);
}

static void
finish (Exchange *exchange)
{
  UlakAttempt *attempt = exchange->attempt;

  if (exchange->answer->len > 0)
    attempt->answer = g_utf8_make_valid (exchange->answer->str, (gssize) exchange->answer->len);
  if (attempt->status != 0 && !ulak_attempt_is_success (attempt))
    {
      g_free (attempt->error);
      attempt->error = g_strdup_printf (SOUP_STATUS_IS_REDIRECTION (attempt->status)
                                            ? "HTTP %u: redirects are not followed"
                                            : "HTTP %u",
                                        attempt->status);
    }
  g_task_return_pointer (exchange->task, g_steal_pointer (&exchange->attempt), (GDestroyNotify) ulak_attempt_free);
  exchange_free (exchange);
}

static void
stop_clock (Exchange *exchange)
{
  gint64 now_us = ulak_clock_get_monotonic_us (exchange->sender->clock);

  exchange->attempt->latency_ms = (now_us - exchange->started_us) / 1000;
}

/* Before the status line: the attempt failed. After it: the answer is just not read further. */
static void
fail (Exchange *exchange, const GError *error)
{
  UlakAttempt *attempt = exchange->attempt;

  if (attempt->status == 0)
    {
      stop_clock (exchange);
      if (exchange->refusal != NULL)
        attempt->error = g_strdup (exchange->refusal->message);
      else if (exchange->is_timed_out)
        attempt->error = g_strdup_printf ("No answer within %" G_GINT64_FORMAT " ms", exchange->sender->settings.timeout_ms);
      else
        attempt->error = g_strdup (error->message);
    }
  finish (exchange);
}

static void
deadline_cb (gpointer user_data)
{
  Exchange *exchange = user_data;

  exchange->deadline = 0;
  exchange->is_timed_out = TRUE;
  g_cancellable_cancel (exchange->cancellable);
}

static void
starting_cb (SoupMessage *message G_GNUC_UNUSED, gpointer user_data)
{
  Exchange *exchange = user_data;

  exchange->attempt->is_counted = TRUE;
}

/* The last look, at the very address that is about to be connected to, however it was written in the URL. */
static void
network_event_cb (SoupMessage *message G_GNUC_UNUSED,
                  GSocketClientEvent event,
                  GIOStream *connection,
                  gpointer user_data)
{
  Exchange *exchange = user_data;
  g_autoptr (GSocketAddress) address = NULL;

  if (event != G_SOCKET_CLIENT_CONNECTING || exchange->sender->settings.allow_private || exchange->refusal != NULL)
    return;
  if (G_IS_SOCKET_CONNECTION (connection))
    address = g_socket_connection_get_remote_address (G_SOCKET_CONNECTION (connection), NULL);
  if (G_IS_INET_SOCKET_ADDRESS (address) && ulak_target_address_is_public (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address))))
    return;
  g_set_error (&exchange->refusal, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED,
               "The target is not a public address; allowed only with [webhooks] allow_private_targets = true");
  g_cancellable_cancel (exchange->cancellable);
}

static void read_more (Exchange *exchange);

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Exchange *exchange = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  const char *data;
  gsize size;

  if (bytes == NULL)
    {
      fail (exchange, error);
      return;
    }
  data = g_bytes_get_data (bytes, &size);
  if (exchange->answer->len < ULAK_ATTEMPT_ANSWER_MAX_BYTES && size > 0)
    g_string_append_len (exchange->answer, data, (gssize) MIN (size, ULAK_ATTEMPT_ANSWER_MAX_BYTES - exchange->answer->len));
  exchange->read_bytes += size;
  if (size > 0 && exchange->read_bytes < exchange->sender->settings.answer_max_bytes)
    {
      read_more (exchange);
      return;
    }
  if (size > 0)
    g_cancellable_cancel (exchange->cancellable); /* enough: the connection is not kept for the rest */
  finish (exchange);
}

static void
read_more (Exchange *exchange)
{
  g_input_stream_read_bytes_async (exchange->stream, READ_BYTES, G_PRIORITY_DEFAULT, exchange->cancellable, read_cb,
                                   exchange);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Exchange *exchange = user_data;
  g_autoptr (GError) error = NULL;
  SoupMessageHeaders *headers;

  exchange->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (exchange->stream == NULL)
    {
      fail (exchange, error);
      return;
    }
  stop_clock (exchange);
  exchange->attempt->status = soup_message_get_status (exchange->message);
  headers = soup_message_get_response_headers (exchange->message);
  exchange->attempt->retry_after_us = ulak_retry_after_parse_us (soup_message_headers_get_one (headers, "Retry-After"),
                                                                 ulak_clock_get_wall_us (exchange->sender->clock));
  read_more (exchange);
}

static gboolean
add_signatures (SoupMessageHeaders *headers,
                const UlakEndpoint *endpoint,
                const UlakWebhookRequest *request,
                gint64 now_us,
                GError **error)
{
  gint64 now_s = now_us / G_USEC_PER_SEC;
  g_autofree char *timestamp = g_strdup_printf ("%" G_GINT64_FORMAT, now_s);
  g_autofree char *signature = NULL;
  gsize size = strlen (request->body);

  if (endpoint->secret == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The signing secret cannot be opened");
      return FALSE;
    }
  signature = ulak_signature_new (endpoint->secret, request->event_id, now_s, request->body, size, error);
  if (signature == NULL)
    return FALSE;
  if (endpoint->old_secret != NULL && now_us < endpoint->old_secret_until_us)
    {
      g_autofree char *new_only = g_steal_pointer (&signature);
      g_autofree char *old = ulak_signature_new (endpoint->old_secret, request->event_id, now_s, request->body, size, error);

      if (old == NULL)
        return FALSE;
      signature = g_strconcat (new_only, " ", old, NULL);
    }
  soup_message_headers_replace (headers, "webhook-id", request->event_id);
  soup_message_headers_replace (headers, "webhook-timestamp", timestamp);
  soup_message_headers_replace (headers, "webhook-signature", signature);
  return TRUE;
}

static void
add_facts (SoupMessageHeaders *headers, const UlakWebhookRequest *request)
{
  g_autofree char *attempt = g_strdup_printf ("%u", request->attempt);
  g_autofree char *sequence = g_strdup_printf ("%" G_GINT64_FORMAT, request->sequence);

  soup_message_headers_replace (headers, "ulak-attempt", attempt);
  if (request->sequence > 0)
    soup_message_headers_replace (headers, "ulak-sequence", sequence);
  if (request->is_late)
    soup_message_headers_replace (headers, "ulak-passed-over", "true");
}

static gboolean
fill_message (Exchange *exchange, const UlakEndpoint *endpoint, const UlakWebhookRequest *request, GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (exchange->message);
  g_autoptr (GBytes) body = g_bytes_new (request->body, strlen (request->body));

  for (guint i = 0; endpoint->header_names[i] != NULL; i++)
    soup_message_headers_replace (headers, endpoint->header_names[i], endpoint->header_values[i]);
  add_facts (headers, request);
  if (!add_signatures (headers, endpoint, request, exchange->attempt->at_us, error))
    return FALSE;
  soup_message_set_request_body_from_bytes (exchange->message, "application/json", body);
  soup_message_add_flags (exchange->message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT);
  g_signal_connect (exchange->message, "starting", G_CALLBACK (starting_cb), exchange);
  g_signal_connect (exchange->message, "network-event", G_CALLBACK (network_event_cb), exchange);
  return TRUE;
}

static gboolean
prepare (Exchange *exchange, const UlakEndpoint *endpoint, const UlakWebhookRequest *request, GError **error)
{
  if (!ulak_target_check_url (endpoint->url, exchange->sender->settings.allow_private, error))
    return FALSE;
  exchange->message = soup_message_new (SOUP_METHOD_POST, endpoint->url);
  if (exchange->message == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "url: cannot be read");
      return FALSE;
    }
  return fill_message (exchange, endpoint, request, error);
}

static Exchange *
exchange_new (UlakSender *self, GAsyncReadyCallback callback, gpointer user_data)
{
  Exchange *exchange = g_new0 (Exchange, 1);

  exchange->task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (exchange->task, ulak_sender_send_async);
  exchange->sender = self;
  exchange->cancellable = g_cancellable_new ();
  exchange->answer = g_string_new (NULL);
  exchange->started_us = ulak_clock_get_monotonic_us (self->clock);
  exchange->attempt = ulak_attempt_new (ulak_clock_get_wall_us (self->clock));
  return exchange;
}

/**
 * ulak_sender_send_async:
 * @self: a configured sender
 * @endpoint: whom to send to
 * @request: what; copied
 *
 * Never fails as a call: what went wrong is in the attempt.
 */
void
ulak_sender_send_async (UlakSender *self,
                        const UlakEndpoint *endpoint,
                        const UlakWebhookRequest *request,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  Exchange *exchange = exchange_new (self, callback, user_data);
  g_autoptr (GError) error = NULL;

  if (!prepare (exchange, endpoint, request, &error))
    {
      fail (exchange, error);
      return;
    }
  exchange->deadline = ulak_clock_add_timer (self->clock, self->settings.timeout_ms * 1000, deadline_cb, exchange);
  soup_session_send_async (self->session, exchange->message, G_PRIORITY_DEFAULT, exchange->cancellable, answered_cb,
                           exchange);
}

UlakAttempt *
ulak_sender_send_finish (UlakSender *self, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, ulak_sender_send_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), NULL);
}
