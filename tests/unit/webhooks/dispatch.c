/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The dispatcher with a real store and real requests to a receiver in this process; only the clock is ours.
 */
#include "core/error.h"
#include "core/json.h"
#include "unit/webhooks/fixture.h"
#include "webhooks/dispatcher.h"
#include "webhooks/resolver.h"
#include "webhooks/signature.h"
#include "webhooks/upkeep.h"

#include <libsoup/soup.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* What the receiver does with the next requests. */
typedef enum
{
  ANSWER_STATUS,
  ANSWER_REDIRECT,
  ANSWER_RETRY_LATER, /* 503, Retry-After: 100 */
  ANSWER_NOTHING,     /* the request stays open */
  ANSWER_DRIP,        /* 200 and a body that never ends */
  ANSWER_FLOOD,       /* 200 and far more than anybody wants */
} AnswerKind;

typedef struct
{
  Fixture base;
  SoupServer *server; /* (owned) */
  char *url;          /* (owned) */
  AnswerKind answer;
  guint status;
  GPtrArray *seen;     /* (owned) (element-type utf8): data of each request */
  GPtrArray *open;     /* (owned) (element-type SoupServerMessage): paused */
  GHashTable *headers; /* (owned) (element-type utf8 utf8): of the last request */
  guint most_open;
  UlakEndpoints *endpoints;   /* (owned) */
  UlakSender *sender;         /* (owned) */
  UlakDispatcher *dispatcher; /* (owned) */
  UlakMetrics *metrics;       /* (owned) */
  UlakSenderSettings sender_settings;
  UlakDispatcherSettings settings;
} Dispatch;

static void
keep_header (const char *name, const char *value, gpointer user_data)
{
  g_hash_table_insert (user_data, g_ascii_strdown (name, -1), g_strdup (value));
}

static void
remember (Dispatch *self, SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (JsonObject) document = NULL;
  g_autoptr (GError) error = NULL;

  document = ulak_json_parse_object (body->data, (gsize) body->length, &ULAK_JSON_LIMITS_REQUEST, &error);
  g_assert_no_error (error);
  g_ptr_array_add (self->seen, ulak_json_print_object (json_object_get_object_member (document, "data")));
  g_hash_table_remove_all (self->headers);
  soup_message_headers_foreach (soup_server_message_get_request_headers (message), keep_header, self->headers);
}

static void
finished_cb (SoupServerMessage *message, gpointer user_data)
{
  g_ptr_array_remove (((Dispatch *) user_data)->open, message);
}

static void
keep_open (Dispatch *self, SoupServerMessage *message)
{
  g_ptr_array_add (self->open, g_object_ref (message));
  g_signal_connect (message, "finished", G_CALLBACK (finished_cb), self);
  self->most_open = MAX (self->most_open, self->open->len);
}

static void
drip (Dispatch *self, SoupServerMessage *message, gsize bytes)
{
  g_autofree char *filler = g_strnfill (bytes, 'x');
  SoupMessageBody *body = soup_server_message_get_response_body (message);

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message), SOUP_ENCODING_CHUNKED);
  soup_message_body_append (body, SOUP_MEMORY_COPY, filler, bytes);
  keep_open (self, message);
}

static void
handle_cb (SoupServer *server G_GNUC_UNUSED,
           SoupServerMessage *message,
           const char *path G_GNUC_UNUSED,
           GHashTable *query G_GNUC_UNUSED,
           gpointer user_data)
{
  Dispatch *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  remember (self, message);
  switch (self->answer)
    {
    case ANSWER_STATUS:
      soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, "thanks", 6);
      soup_server_message_set_status (message, self->status, NULL);
      break;
    case ANSWER_REDIRECT:
      soup_server_message_set_redirect (message, 302, "/elsewhere");
      break;
    case ANSWER_RETRY_LATER:
      soup_message_headers_replace (headers, "Retry-After", "100");
      soup_server_message_set_status (message, 503, NULL);
      break;
    case ANSWER_NOTHING:
      soup_server_message_pause (message);
      keep_open (self, message);
      break;
    case ANSWER_DRIP:
      drip (self, message, 10);
      break;
    case ANSWER_FLOOD:
      drip (self, message, 4 * 1024 * 1024);
      break;
    }
}

static void
start_server (Dispatch *self)
{
  g_autoptr (GError) error = NULL;
  GSList *uris;

  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, NULL, handle_cb, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->url = g_uri_to_string (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
}

static void
load_endpoints (Dispatch *self)
{
  g_autoptr (UlakSecret) master = ulak_secret_new ("0123456789abcdef0123456789abcdef", 32);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  UlakSeal *seal = ulak_seal_new_for_key (master, "webhooks", &error);

  g_assert_no_error (error);
  self->endpoints = ulak_endpoints_new (self->base.store, ULAK_CLOCK (self->base.clock), ULAK_RANDOM (self->base.random));
  ulak_endpoints_set_limits (self->endpoints, 10, TRUE);
  ulak_endpoints_load_async (self->endpoints, keep_result_cb, &result);
  ulak_endpoints_load_finish (self->endpoints, wait_for_result (&result), &error);
  g_assert_no_error (error);
  ulak_endpoints_set_seal (self->endpoints, seal);
}

static void
start (Dispatch *self)
{
  UlakDispatcherParts parts;

  load_endpoints (self);
  self->sender = ulak_sender_new (ULAK_CLOCK (self->base.clock));
  ulak_sender_configure (self->sender, &self->sender_settings);
  parts = (UlakDispatcherParts){ self->base.store,
                                 self->endpoints,
                                 self->sender,
                                 ULAK_CLOCK (self->base.clock),
                                 ULAK_RANDOM (self->base.random),
                                 self->metrics };
  self->dispatcher = ulak_dispatcher_new (&parts);
  ulak_dispatcher_configure (self->dispatcher, &self->settings);
  ulak_dispatcher_start (self->dispatcher);
}

static void
resume_open (Dispatch *self)
{
  g_autoptr (GPtrArray) open = g_steal_pointer (&self->open);

  self->open = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < open->len; i++)
    {
      SoupServerMessage *message = g_ptr_array_index (open, i);

      g_signal_handlers_disconnect_by_data (message, self);
      soup_server_message_set_status (message, self->status, NULL);
      soup_message_body_complete (soup_server_message_get_response_body (message));
      soup_server_message_unpause (message);
    }
}

static void
stop (Dispatch *self)
{
  g_autoptr (GAsyncResult) result = NULL;

  resume_open (self);
  ulak_dispatcher_drain_async (self->dispatcher, keep_result_cb, &result);
  while (result == NULL)
    {
      resume_open (self);
      g_main_context_iteration (NULL, TRUE);
    }
  ulak_dispatcher_drain_finish (self->dispatcher, result, NULL);
  g_clear_object (&self->dispatcher);
  g_clear_object (&self->sender);
  g_clear_object (&self->endpoints);
}

static void
set_up (Dispatch *self, gconstpointer data)
{
  fixture_set_up (&self->base, data);
  self->status = 200;
  self->seen = g_ptr_array_new_with_free_func (g_free);
  self->open = g_ptr_array_new_with_free_func (g_object_unref);
  self->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->metrics = ulak_metrics_new ();
  self->sender_settings = (UlakSenderSettings){ 10000, 65536, TRUE, 64 };
  self->settings = (UlakDispatcherSettings){
    2, 64, 2000, 3600 * G_GINT64_CONSTANT (1000000), { 3, { 2000, 3600000, 0 }, 720 * 3600 * G_GINT64_CONSTANT (1000000) }
  };
  start_server (self);
  start (self);
}

static void
tear_down (Dispatch *self, gconstpointer data)
{
  self->answer = ANSWER_STATUS;
  stop (self);
  soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  g_ptr_array_unref (self->seen);
  g_ptr_array_unref (self->open);
  g_hash_table_unref (self->headers);
  g_free (self->url);
  ulak_metrics_unref (self->metrics);
  fixture_tear_down (&self->base, data);
}

static UlakEndpoint *
add_endpoint (Dispatch *self, const char *url)
{
  g_autoptr (JsonObject) document = json_object_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  UlakEndpoint *endpoint;

  json_object_set_string_member (document, "url", url);
  ulak_endpoints_add_async (self->endpoints, document, keep_result_cb, &result);
  endpoint = ulak_endpoints_change_finish (self->endpoints, wait_for_result (&result), &error);
  g_assert_no_error (error);
  g_ptr_array_add (self->base.endpoints, endpoint);
  return endpoint;
}

static void
submit (Dispatch *self, const char *chat, const char *data)
{
  fixture_submit (&self->base, make_event (&self->base, "sales", "message.received", chat, data));
}

static void
wait_seen (Dispatch *self, guint count)
{
  while (self->seen->len < count)
    g_main_context_iteration (NULL, TRUE);
}

/* The requests' answers have been committed: what waits for a retry has its timer, what ended is gone. */
static void
wait_pending (Dispatch *self, guint64 pending)
{
  while (ulak_webhook_store_get_pending (self->base.store) != pending || ulak_dispatcher_count_in_flight (self->dispatcher) > 0)
    g_main_context_iteration (NULL, TRUE);
}

typedef struct
{
  guint status;
  guint attempts;
  UlakDeliveryStatus delivery_status;
  char *error;  /* (owned) */
  char *answer; /* (owned) */
  gboolean is_counted;
} Record;

static void
record_clear (Record *record)
{
  g_free (record->error);
  g_free (record->answer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Record, record_clear)

static void
read_newest (Dispatch *self, const UlakEndpoint *endpoint, Record *record)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  UlakDeliveryRecord *newest;
  GPtrArray *records;

  ulak_webhook_store_list_async (self->base.store, endpoint->id, G_MAXINT64, 1, -1, keep_result_cb, &result);
  records = ulak_webhook_store_list_finish (self->base.store, wait_for_result (&result), &error);
  g_assert_no_error (error);
  newest = g_ptr_array_index (records, 0);
  record_clear (record);
  *record = (Record){ .attempts = newest->attempts->len, .delivery_status = newest->status };
  if (newest->attempts->len > 0)
    {
      UlakAttempt *attempt = g_ptr_array_index (newest->attempts, newest->attempts->len - 1);

      record->status = attempt->status;
      record->is_counted = attempt->is_counted;
      record->error = g_strdup (attempt->error);
      record->answer = g_strdup (attempt->answer);
    }
}

/* Waits until so many attempts of the newest delivery are recorded. */
static void
wait_attempts (Dispatch *self, const UlakEndpoint *endpoint, guint attempts, Record *record)
{
  do
    {
      g_main_context_iteration (NULL, FALSE);
      read_newest (self, endpoint, record);
    }
  while (record->attempts < attempts);
}

static void
assert_seen (Dispatch *self, const char *expected)
{
  g_autoptr (GString) seen = g_string_new (NULL);

  for (guint i = 0; i < self->seen->len; i++)
    g_string_append (seen, g_ptr_array_index (self->seen, i));
  g_assert_cmpstr (seen->str, ==, expected);
}

static void
test_success_is_recorded (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };
  g_autofree char *text = NULL;

  submit (self, "1", "{\"n\":1}");
  wait_pending (self, 0);
  read_newest (self, endpoint, &record);
  g_assert_cmpint (record.delivery_status, ==, ULAK_DELIVERY_DELIVERED);
  g_assert_cmpuint (record.status, ==, 200);
  g_assert_cmpstr (record.answer, ==, "thanks");
  g_assert_cmpstr (record.error, ==, NULL);
  g_assert_cmpstr (g_hash_table_lookup (self->headers, "content-type"), ==, "application/json");
  g_assert_cmpstr (g_hash_table_lookup (self->headers, "ulak-attempt"), ==, "1");
  g_assert_true (g_str_has_prefix (g_hash_table_lookup (self->headers, "user-agent"), "Ulak/"));
  text = ulak_metrics_print (self->metrics);
  g_assert_nonnull (strstr (text, "wp_panel_webhook_deliveries_total{event=\"message.received\",outcome=\"success\"} 1"));
}

static void
test_order_holds_through_retries (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };

  self->status = 500;
  submit (self, "1", "{\"n\":1}");
  wait_attempts (self, endpoint, 1, &record);
  submit (self, "1", "{\"n\":2}");
  self->status = 200;
  ulak_fake_clock_advance_ms (self->base.clock, 1999);
  assert_seen (self, "{\"n\":1}");
  ulak_fake_clock_advance_ms (self->base.clock, 1);
  wait_pending (self, 0);
  assert_seen (self, "{\"n\":1}{\"n\":1}{\"n\":2}");
}

static void
test_webhook_id_is_stable_over_attempts (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };
  g_autofree char *first = NULL;

  self->status = 500;
  submit (self, "1", "{\"n\":1}");
  wait_attempts (self, endpoint, 1, &record);
  first = g_strdup (g_hash_table_lookup (self->headers, "webhook-id"));
  self->status = 200;
  ulak_fake_clock_advance_ms (self->base.clock, 2000);
  wait_pending (self, 0);
  g_assert_cmpstr (g_hash_table_lookup (self->headers, "webhook-id"), ==, first);
  g_assert_cmpstr (g_hash_table_lookup (self->headers, "ulak-attempt"), ==, "2");
}

static void
test_chats_do_not_wait_for_each_other (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  add_endpoint (self, self->url);
  self->answer = ANSWER_NOTHING;
  submit (self, "1", "{\"a\":1}");
  submit (self, "1", "{\"a\":2}");
  submit (self, "2", "{\"b\":1}");
  submit (self, "3", "{\"c\":1}");
  wait_seen (self, 2); /* two requests at once, of two chats; the third waits for a free place */
  assert_seen (self, "{\"a\":1}{\"b\":1}");
  g_assert_cmpuint (ulak_dispatcher_count_in_flight (self->dispatcher), ==, 2);
  self->answer = ANSWER_STATUS;
  resume_open (self);
  wait_pending (self, 0);
  g_assert_cmpuint (self->seen->len, ==, 4);
  g_assert_cmpuint (self->most_open, ==, 2);
}

static void
test_last_attempt_makes_a_dead_letter (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };
  g_autofree char *text = NULL;

  self->status = 500;
  submit (self, "1", "{\"n\":1}");
  wait_attempts (self, endpoint, 1, &record);
  ulak_fake_clock_advance_ms (self->base.clock, 2000);
  wait_attempts (self, endpoint, 2, &record);
  g_assert_cmpint (record.delivery_status, ==, ULAK_DELIVERY_QUEUED);
  ulak_fake_clock_advance_ms (self->base.clock, 4000);
  wait_attempts (self, endpoint, 3, &record);
  g_assert_cmpint (record.delivery_status, ==, ULAK_DELIVERY_DEAD);
  g_assert_cmpstr (record.error, ==, "HTTP 500");
  wait_pending (self, 0);
  text = ulak_metrics_print (self->metrics);
  g_assert_nonnull (strstr (text, "wp_panel_webhook_deliveries_total{event=\"message.received\",outcome=\"dropped\"} 1"));
  g_assert_nonnull (strstr (text, "\nulak_dead_letters_total 1\n"));
}

static void
test_redirect_is_a_failure (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };

  self->answer = ANSWER_REDIRECT;
  submit (self, "1", "{\"n\":1}");
  wait_attempts (self, endpoint, 1, &record);
  g_assert_cmpuint (record.status, ==, 302);
  g_assert_cmpint (record.delivery_status, ==, ULAK_DELIVERY_QUEUED);
  g_assert_cmpuint (self->seen->len, ==, 1);
}

static void
test_retry_after_is_honoured (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };

  self->answer = ANSWER_RETRY_LATER;
  submit (self, "1", "{\"n\":1}");
  wait_attempts (self, endpoint, 1, &record);
  self->answer = ANSWER_STATUS;
  ulak_fake_clock_advance_ms (self->base.clock, 99000);
  g_assert_cmpuint (self->seen->len, ==, 1);
  ulak_fake_clock_advance_ms (self->base.clock, 1000);
  while (ulak_webhook_store_get_pending (self->base.store) > 0)
    {
      g_main_context_iteration (NULL, FALSE);
      ulak_fake_clock_advance_us (self->base.clock, 1); /* a wait of over a minute is looked at once more */
    }
  g_assert_cmpuint (self->seen->len, ==, 2);
}

static void
test_gone_disables_the_endpoint (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };

  self->status = 410;
  submit (self, "1", "{\"n\":1}");
  submit (self, "1", "{\"n\":2}");
  while (ulak_endpoints_find_row (self->endpoints, endpoint->row)->is_enabled)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (ulak_endpoints_find_row (self->endpoints, endpoint->row)->disabled_reason, "410"));
  wait_pending (self, 1);
  assert_seen (self, "{\"n\":1}");
}

static void
test_silence_ends_at_the_deadline (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };

  self->answer = ANSWER_NOTHING;
  submit (self, "1", "{\"n\":1}");
  wait_seen (self, 1);
  ulak_fake_clock_advance_ms (self->base.clock, 9999);
  g_assert_cmpuint (ulak_dispatcher_count_in_flight (self->dispatcher), ==, 1);
  ulak_fake_clock_advance_ms (self->base.clock, 1);
  wait_attempts (self, endpoint, 1, &record);
  g_assert_cmpuint (record.status, ==, 0);
  g_assert_true (record.is_counted);
  g_assert_cmpstr (record.error, ==, "No answer within 10000 ms");
}

static void
test_slow_body_does_not_hold_the_place (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };

  self->answer = ANSWER_DRIP;
  submit (self, "1", "{\"n\":1}");
  wait_seen (self, 1);
  for (guint i = 0; i < 200; i++) /* the status line and the first bytes arrive; no end of the body */
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (ulak_dispatcher_count_in_flight (self->dispatcher), ==, 1);
  ulak_fake_clock_advance_ms (self->base.clock, 10000);
  wait_pending (self, 0);
  read_newest (self, endpoint, &record);
  g_assert_cmpint (record.delivery_status, ==, ULAK_DELIVERY_DELIVERED);
  g_assert_cmpstr (record.answer, ==, "xxxxxxxxxx");
}

static void
test_huge_answer_is_cut (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };

  self->answer = ANSWER_FLOOD;
  submit (self, "1", "{\"n\":1}");
  wait_pending (self, 0);
  read_newest (self, endpoint, &record);
  g_assert_cmpint (record.delivery_status, ==, ULAK_DELIVERY_DELIVERED);
  g_assert_cmpuint (strlen (record.answer), ==, ULAK_ATTEMPT_ANSWER_MAX_BYTES);
}

static void
test_refused_connection_uses_no_attempt (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GSocketListener) closed = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (closed, NULL, NULL);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/", port);
  g_auto (Record) record = { 0 };
  UlakEndpoint *endpoint;

  g_socket_listener_close (closed);
  endpoint = add_endpoint (self, url);
  submit (self, "1", "{\"n\":1}");
  for (guint tries = 1; tries <= 6; tries++) /* three attempts are allowed: these are none */
    {
      wait_attempts (self, endpoint, tries, &record);
      g_assert_false (record.is_counted);
      g_assert_cmpint (record.delivery_status, ==, ULAK_DELIVERY_QUEUED);
      for (guint i = 0; i < 3; i++)
        ulak_fake_clock_advance_ms (self->base.clock, 60000);
    }
}

static void
test_private_target_is_never_connected_to (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_auto (Record) record = { 0 };

  self->sender_settings.allow_private = FALSE;
  ulak_sender_configure (self->sender, &self->sender_settings);
  submit (self, "1", "{\"n\":1}");
  wait_attempts (self, endpoint, 1, &record);
  g_assert_false (record.is_counted);
  g_assert_nonnull (strstr (record.error, "not a public address"));
  g_assert_cmpuint (self->seen->len, ==, 0);
}

static void
test_name_of_a_private_target_is_never_connected_to (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *url = g_strdup (strrchr (self->url, ':'));
  g_autofree char *named = g_strconcat ("http://localhost", url, NULL); /* GLib asks no resolver about this name */
  UlakEndpoint *endpoint = add_endpoint (self, named);
  g_auto (Record) record = { 0 };

  self->sender_settings.allow_private = FALSE;
  ulak_sender_configure (self->sender, &self->sender_settings);
  submit (self, "1", "{\"n\":1}");
  wait_attempts (self, endpoint, 1, &record);
  g_assert_false (record.is_counted);
  g_assert_nonnull (strstr (record.error, "not a public address"));
  g_assert_cmpuint (self->seen->len, ==, 0);
}

static void
test_certificates_are_verified (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "webhooks", "self-signed.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, &error);
  g_autoptr (SoupServer) server = NULL;
  g_auto (Record) record = { 0 };
  g_autofree char *url = NULL;
  UlakEndpoint *endpoint;
  GSList *uris;

  g_assert_no_error (error);
  server = soup_server_new ("tls-certificate", certificate, NULL);
  soup_server_add_handler (server, NULL, handle_cb, self, NULL);
  soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY | SOUP_SERVER_LISTEN_HTTPS, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (server);
  url = g_uri_to_string (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  endpoint = add_endpoint (self, url);
  submit (self, "1", "{\"n\":1}");
  wait_attempts (self, endpoint, 1, &record);
  g_assert_false (record.is_counted);
  g_assert_cmpuint (record.status, ==, 0);
  g_assert_cmpuint (self->seen->len, ==, 0);
  soup_server_disconnect (server);
}

/* No file of this process may grow any more, as if the disk were full. */
static void
set_disk_full (gboolean is_full)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = is_full ? 1 : limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
test_full_disk_repeats_no_request (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  add_endpoint (self, self->url);
  self->answer = ANSWER_NOTHING;
  submit (self, "1", "{\"n\":1}");
  wait_seen (self, 1);
  set_disk_full (TRUE);
  self->answer = ANSWER_STATUS;
  resume_open (self);
  while (!ulak_dispatcher_is_stuck (self->dispatcher))
    g_main_context_iteration (NULL, TRUE);
  ulak_fake_clock_advance_ms (self->base.clock, 5000);
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (self->seen->len, ==, 1);
  g_assert_cmpuint (ulak_webhook_store_get_pending (self->base.store), ==, 1);
  set_disk_full (FALSE);
  while (ulak_webhook_store_get_pending (self->base.store) > 0)
    {
      ulak_fake_clock_advance_ms (self->base.clock, 1000);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_false (ulak_dispatcher_is_stuck (self->dispatcher));
  g_assert_cmpuint (self->seen->len, ==, 1);
}

static void
test_both_secrets_sign_until_the_grace_ends (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);
  g_autoptr (UlakEndpoint) rotated = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ulak_endpoints_rotate_async (self->endpoints, endpoint->id, 100, keep_result_cb, &result);
  rotated = ulak_endpoints_change_finish (self->endpoints, wait_for_result (&result), NULL);
  g_assert_false (ulak_secret_equals (rotated->secret, endpoint->secret));
  g_assert_true (ulak_secret_equals (rotated->old_secret, endpoint->secret));
  submit (self, "1", "{\"n\":1}");
  wait_pending (self, 0);
  g_assert_nonnull (strchr (g_hash_table_lookup (self->headers, "webhook-signature"), ' '));
  ulak_fake_clock_advance_ms (self->base.clock, 100000);
  submit (self, "1", "{\"n\":2}");
  wait_pending (self, 0);
  g_assert_null (strchr (g_hash_table_lookup (self->headers, "webhook-signature"), ' '));
}

static void
test_secrets_survive_a_restart_sealed (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = add_endpoint (self, self->url);

  self->status = 500;
  submit (self, "1", "{\"n\":1}");
  wait_seen (self, 1);
  stop (self);
  fixture_close (&self->base);
  fixture_open (&self->base);
  self->status = 200;
  start (self);
  g_assert_true (ulak_secret_equals (ulak_endpoints_find_row (self->endpoints, endpoint->row)->secret, endpoint->secret));
  ulak_fake_clock_advance_ms (self->base.clock, 2000);
  while (ulak_webhook_store_get_pending (self->base.store) > 0)
    {
      g_main_context_iteration (NULL, FALSE);
      ulak_fake_clock_advance_us (self->base.clock, 1);
    }
  assert_seen (self, "{\"n\":1}{\"n\":1}");
}

static void
test_memory_holds_no_more_than_the_limit (Dispatch *self, gconstpointer data G_GNUC_UNUSED)
{
  self->settings.queue_limit = 1;
  self->settings.concurrency = 10;
  ulak_dispatcher_configure (self->dispatcher, &self->settings);
  add_endpoint (self, self->url);
  add_endpoint (self, self->url);
  self->answer = ANSWER_NOTHING;
  submit (self, "1", "{\"n\":1}");
  submit (self, "2", "{\"n\":2}");
  wait_seen (self, 1);
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (self->seen->len, ==, 1);
  self->answer = ANSWER_STATUS;
  resume_open (self);
  wait_pending (self, 0);
  g_assert_cmpuint (self->seen->len, ==, 4);
}

/* A resolver whose answers the test gives. */
#define TYPE_NAMES (names_get_type ())
G_DECLARE_FINAL_TYPE (Names, names, TEST, NAMES, GResolver)

struct _Names
{
  GResolver parent_instance;
};

G_DEFINE_FINAL_TYPE (Names, names, G_TYPE_RESOLVER)

static GList *
names_lookup (GResolver *resolver G_GNUC_UNUSED,
              const char *host,
              GCancellable *cancellable G_GNUC_UNUSED,
              GError **error G_GNUC_UNUSED)
{
  GList *addresses = g_list_append (NULL, g_inet_address_new_from_string ("10.0.0.1"));

  if (g_str_equal (host, "mixed.example"))
    addresses = g_list_append (addresses, g_inet_address_new_from_string ("8.8.8.8"));
  return addresses;
}

static void
names_class_init (NamesClass *class)
{
  G_RESOLVER_CLASS (class)->lookup_by_name = names_lookup;
}

static void
names_init (Names *self G_GNUC_UNUSED)
{
}

static void
test_names_resolve_to_public_addresses_only (void)
{
  g_autoptr (GResolver) names = g_object_new (TYPE_NAMES, NULL);
  g_autoptr (UlakResolver) resolver = ulak_resolver_new (names);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  GList *addresses;

  addresses = g_resolver_lookup_by_name (G_RESOLVER (resolver), "mixed.example", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_length (addresses), ==, 1);
  text = g_inet_address_to_string (addresses->data);
  g_assert_cmpstr (text, ==, "8.8.8.8");
  g_resolver_free_addresses (addresses);
  g_assert_null (g_resolver_lookup_by_name (G_RESOLVER (resolver), "inner.example", NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED);
  ulak_resolver_set_allow_private (resolver, TRUE);
  addresses = g_resolver_lookup_by_name (G_RESOLVER (resolver), "inner.example", NULL, NULL);
  g_assert_cmpuint (g_list_length (addresses), ==, 1);
  g_resolver_free_addresses (addresses);
}

#define ADD(name, test) g_test_add ("/webhooks/dispatch/" name, Dispatch, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGXFSZ, SIG_IGN);
  ADD ("a success is recorded with the first KiB of the answer", test_success_is_recorded);
  ADD ("order holds through retries", test_order_holds_through_retries);
  ADD ("the webhook-id is the same on every attempt", test_webhook_id_is_stable_over_attempts);
  ADD ("chats do not wait for each other, within the concurrency", test_chats_do_not_wait_for_each_other);
  ADD ("the last attempt makes a dead letter", test_last_attempt_makes_a_dead_letter);
  ADD ("a redirect is a failure and is not followed", test_redirect_is_a_failure);
  ADD ("Retry-After is honoured", test_retry_after_is_honoured);
  ADD ("410 disables the endpoint", test_gone_disables_the_endpoint);
  ADD ("silence ends at the deadline", test_silence_ends_at_the_deadline);
  ADD ("a body without an end does not hold the place for longer than the deadline", test_slow_body_does_not_hold_the_place);
  ADD ("a huge answer is cut", test_huge_answer_is_cut);
  ADD ("a refused connection uses no attempt", test_refused_connection_uses_no_attempt);
  ADD ("a private target is never connected to", test_private_target_is_never_connected_to);
  ADD ("a name of a private target is never connected to", test_name_of_a_private_target_is_never_connected_to);
  ADD ("certificates are verified", test_certificates_are_verified);
  ADD ("a full disk after a 2xx repeats no request", test_full_disk_repeats_no_request);
  ADD ("both secrets sign until the grace ends", test_both_secrets_sign_until_the_grace_ends);
  ADD ("secrets and queued deliveries survive a restart", test_secrets_survive_a_restart_sealed);
  ADD ("memory holds no more rows than the limit", test_memory_holds_no_more_than_the_limit);
  g_test_add_func ("/webhooks/dispatch/names resolve to public addresses only", test_names_resolve_to_public_addresses_only);
  return g_test_run ();
}
