/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The client against a peer that misbehaves in every way the judgement NOT_SENT or UNCLEAR depends on.
 */
#include "whatsapp/cloud/graph-client.h"

#include "scripted-server.h"
#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"
#include "unit/fakes/secrets.h"
#include "whatsapp/cloud/graph-session.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"good\":true}"
#define TIMEOUT_MS 30000

typedef struct
{
  ScriptedServer *server;   /* (owned) */
  UlakFakeClock *clock;     /* (owned) */
  UlakFakeRandom *random;   /* (owned) */
  UlakFakeSecrets *secrets; /* (owned) */
  UlakMetrics *metrics;     /* (owned) */
  UlakGraphClient *client;  /* (owned) */
} Fixture;

static UlakGraphClient *
new_client (Fixture *f, const char *base_url)
{
  const UlakGraphClientOptions options = {
    .base_url = base_url,
    .version = "v23.0",
    .token_secret = "token",
    .timeout_ms = TIMEOUT_MS,
    .max_connections = 4,
    .secrets = ULAK_SECRET_SOURCE (f->secrets),
    .clock = ULAK_CLOCK (f->clock),
    .random = ULAK_RANDOM (f->random),
    .metrics = f->metrics,
    .account = "sales",
  };

  return ulak_graph_client_new (&options);
}

static void
set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *url = NULL;

  f->server = scripted_server_new ();
  f->clock = ulak_fake_clock_new ();
  f->random = ulak_fake_random_new (1);
  f->secrets = ulak_fake_secrets_new ();
  f->metrics = ulak_metrics_new ();
  ulak_fake_secrets_set (f->secrets, "token", "EAAG-good\n");
  url = g_strdup_printf ("http://127.0.0.1:%u", scripted_server_get_port (f->server));
  f->client = new_client (f, url);
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpuint (ulak_fake_clock_count_timers (f->clock), ==, 0);
  g_assert_finalize_object (f->client);
  scripted_server_free (f->server);
  g_object_unref (f->secrets);
  ulak_metrics_unref (f->metrics);
  g_object_unref (f->random);
  g_object_unref (f->clock);
}

static void
done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakGraphAnswer **answer_out = user_data;

  *answer_out = ulak_graph_client_call_finish (ULAK_GRAPH_CLIENT (source), result);
}

static UlakGraphAnswer *
wait_for (UlakGraphAnswer **answer)
{
  while (*answer == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *answer;
}

static UlakGraphAnswer *
post (Fixture *f)
{
  UlakGraphAnswer *answer = NULL;

  ulak_graph_client_post_async (f->client, "106540352242922/messages", "{\"a\":1}", NULL, done_cb, &answer);
  return wait_for (&answer);
}

static gboolean
wake_cb (gpointer user_data G_GNUC_UNUSED)
{
  return G_SOURCE_CONTINUE;
}

/* The server's threads do not wake our context. */
static void
wait_until (Fixture *f, guint (*count) (ScriptedServer *server), guint n)
{
  guint tick = g_timeout_add (5, wake_cb, NULL);

  while (count (f->server) != n)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

static void
assert_fault (const UlakGraphAnswer *answer, UlakGraphFault fault, const char *code)
{
  g_assert_cmpint (answer->fault, ==, fault);
  g_assert_cmpstr (answer->fault_code, ==, code);
  g_assert_nonnull (answer->why);
  g_assert_cmpuint (answer->status, ==, 0);
}

/* --- answers --- */

static void
test_request (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;
  g_autofree char *request = NULL;
  g_autofree char *metrics = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, OK_ANSWER);
  answer = post (f);
  g_assert_true (ulak_graph_answer_is_success (answer));
  g_assert_true (json_object_get_boolean_member (answer->json, "good"));

  request = scripted_server_dup_last_request (f->server);
  g_assert_true (g_str_has_prefix (request, "POST /v23.0/106540352242922/messages HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (request, "\r\nAuthorization: Bearer EAAG-good\r\n"));
  g_assert_nonnull (strstr (request, "\r\nContent-Type: application/json\r\n"));
  g_assert_nonnull (strstr (request, "\r\n\r\n{\"a\":1}"));
  g_assert_null (strstr (request, "Accept-Encoding"));

  metrics = ulak_metrics_print (f->metrics);
  g_assert_nonnull (strstr (metrics, "ulak_graph_requests_total{account=\"sales\",outcome=\"success\"} 1"));
}

static const struct
{
  const char *name;
  const char *answer;
  guint status;
  gboolean has_json;
} statuses[] = {
  { "429 with Retry-After", "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}", 429,
    TRUE },
  { "500 with HTML", "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", 500, FALSE },
  { "200 without JSON", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, FALSE },
  { "200 with an array", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", 200, FALSE },
  { "200 with an error", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"error\":{}}", 200, TRUE },
  { "a redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302, FALSE },
};

static void
test_status (Fixture *f, gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (UlakGraphAnswer) answer = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, statuses[row].answer);
  answer = post (f);
  g_assert_cmpint (answer->fault, ==, ULAK_GRAPH_FAULT_NONE);
  g_assert_cmpuint (answer->status, ==, statuses[row].status);
  g_assert_cmpint (answer->json != NULL, ==, statuses[row].has_json);
  g_assert_false (ulak_graph_answer_is_success (answer));
  if (statuses[row].status == 429)
    g_assert_cmpstr (answer->retry_after, ==, "7");
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 1);
}

static void
test_huge_answer (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;

  scripted_server_add_stream (f->server, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 64 * 1024 * 1024);
  answer = post (f);
  g_assert_cmpint (answer->fault, ==, ULAK_GRAPH_FAULT_NONE);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_null (answer->json);
  wait_until (f, scripted_server_count_open, 0);
}

/* --- faults --- */

static void
test_refused (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;
  g_autofree char *url = NULL;
  ScriptedServer *gone = scripted_server_new ();
  guint16 port = scripted_server_get_port (gone);

  scripted_server_free (gone);
  url = g_strdup_printf ("http://127.0.0.1:%u", port);
  g_object_unref (f->client);
  f->client = new_client (f, url);
  answer = post (f);
  assert_fault (answer, ULAK_GRAPH_FAULT_NOT_SENT, "E_WA_NETWORK");
}

static void
test_no_tls (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;
  g_autofree char *url = g_strdup_printf ("https://127.0.0.1:%u", scripted_server_get_port (f->server));
  UlakGraphAnswer *pending = NULL;

  /* The server reads the handshake as an unfinished request and falls silent: only the deadline ends this. */
  g_object_unref (f->client);
  f->client = new_client (f, url);
  ulak_graph_client_post_async (f->client, "1/messages", "{}", NULL, done_cb, &pending);
  while (ulak_fake_clock_count_timers (f->clock) == 0)
    g_main_context_iteration (NULL, TRUE);
  ulak_fake_clock_advance_ms (f->clock, TIMEOUT_MS);
  answer = wait_for (&pending);
  assert_fault (answer, ULAK_GRAPH_FAULT_NOT_SENT, "E_WA_TIMEOUT");
}

static void
test_reset_after (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;
  g_autofree char *metrics = NULL;

  scripted_server_add (f->server, SCRIPT_RESET, NULL);
  answer = post (f);
  assert_fault (answer, ULAK_GRAPH_FAULT_UNCLEAR, "E_WA_NETWORK");
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 1);
  metrics = ulak_metrics_print (f->metrics);
  g_assert_nonnull (strstr (metrics, "outcome=\"unclear\"} 1"));
}

static void
test_reset_on_reused_connection (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) first = NULL;
  g_autoptr (UlakGraphAnswer) second = NULL;
  g_autoptr (UlakGraphAnswer) third = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, OK_ANSWER);
  scripted_server_add (f->server, SCRIPT_ANSWER, OK_ANSWER);
  scripted_server_add (f->server, SCRIPT_RESET, NULL);
  first = post (f);
  second = post (f);
  g_assert_cmpuint (scripted_server_count_connections (f->server), ==, 1);
  third = post (f);
  assert_fault (third, ULAK_GRAPH_FAULT_UNCLEAR, "E_WA_NETWORK");
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 3);
  g_assert_cmpuint (scripted_server_count_connections (f->server), ==, 1);
}

static void
test_end_on_reused_connection (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) first = NULL;
  g_autoptr (UlakGraphAnswer) second = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, OK_ANSWER);
  scripted_server_add (f->server, SCRIPT_ANSWER_CLOSE, "");
  first = post (f);
  second = post (f);
  g_assert_cmpint (second->fault, ==, ULAK_GRAPH_FAULT_UNCLEAR);
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 2);
}

static void
test_silence (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  UlakGraphAnswer *pending = NULL;
  g_autoptr (UlakGraphAnswer) answer = NULL;

  scripted_server_add (f->server, SCRIPT_SILENT, NULL);
  ulak_graph_client_post_async (f->client, "1/messages", "{}", NULL, done_cb, &pending);
  wait_until (f, scripted_server_count_requests, 1);
  ulak_fake_clock_advance_ms (f->clock, TIMEOUT_MS - 1);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (pending);
  ulak_fake_clock_advance_ms (f->clock, 1);
  answer = wait_for (&pending);
  assert_fault (answer, ULAK_GRAPH_FAULT_UNCLEAR, "E_WA_TIMEOUT");
}

static void
test_cancel (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  UlakGraphAnswer *pending = NULL;
  g_autoptr (UlakGraphAnswer) answer = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  scripted_server_add (f->server, SCRIPT_SILENT, NULL);
  ulak_graph_client_post_async (f->client, "1/messages", "{}", cancellable, done_cb, &pending);
  wait_until (f, scripted_server_count_requests, 1);
  g_cancellable_cancel (cancellable);
  answer = wait_for (&pending);
  g_assert_cmpint (answer->fault, ==, ULAK_GRAPH_FAULT_UNCLEAR);
}

static void
test_cut_success (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER_CLOSE,
                       "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"messages\":[{\"id\":\"wam");
  answer = post (f);
  assert_fault (answer, ULAK_GRAPH_FAULT_UNCLEAR, "E_WA_NETWORK");
}

static void
test_cut_refusal (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER_CLOSE,
                       "HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{\"error\":");
  answer = post (f);
  g_assert_cmpint (answer->fault, ==, ULAK_GRAPH_FAULT_NONE);
  g_assert_cmpuint (answer->status, ==, 400);
  g_assert_null (answer->json);
}

/* --- the token --- */

static void
test_token_missing (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;

  ulak_fake_secrets_remove (f->secrets, "token");
  answer = post (f);
  assert_fault (answer, ULAK_GRAPH_FAULT_NOT_SENT, "E_WA_TOKEN_MISSING");
  g_assert_cmpuint (scripted_server_count_connections (f->server), ==, 0);
}

static void
test_token_malformed (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const bad[] = { "", " \n", "two words", "a\r\nX-Evil: 1", "\xc3\xbc" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (UlakGraphAnswer) answer = NULL;

      ulak_fake_secrets_set (f->secrets, "token", bad[i]);
      answer = post (f);
      assert_fault (answer, ULAK_GRAPH_FAULT_NOT_SENT, "E_WA_TOKEN_MISSING");
    }
}

static void
test_token_unreadable (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) locked = NULL;
  g_autoptr (UlakGraphAnswer) unlocked = NULL;

  ulak_fake_secrets_set_fault (f->secrets, ULAK_ERROR_LOCKED);
  locked = post (f);
  assert_fault (locked, ULAK_GRAPH_FAULT_NOT_SENT, "E_WA_TOKEN_UNREADABLE");
  ulak_fake_secrets_clear_fault (f->secrets);
  scripted_server_add (f->server, SCRIPT_ANSWER, OK_ANSWER);
  unlocked = post (f);
  g_assert_true (ulak_graph_answer_is_success (unlocked));
}

static void
test_token_changed (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) first = NULL;
  g_autoptr (UlakGraphAnswer) second = NULL;

  scripted_server_add (f->server, SCRIPT_TOKEN, "EAAG-good");
  scripted_server_add (f->server, SCRIPT_TOKEN, "EAAG-new");
  scripted_server_add (f->server, SCRIPT_TOKEN, "EAAG-new");
  first = post (f);
  g_assert_true (ulak_graph_answer_is_success (first));
  ulak_fake_secrets_set (f->secrets, "token", "EAAG-new");
  second = post (f);
  g_assert_true (ulak_graph_answer_is_success (second));
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 3);
}

static void
test_token_refused (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakGraphAnswer) answer = NULL;

  scripted_server_add (f->server, SCRIPT_TOKEN, "another");
  scripted_server_add (f->server, SCRIPT_TOKEN, "another");
  answer = post (f);
  g_assert_cmpuint (answer->status, ==, 401);
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 2);
  g_assert_cmpuint (ulak_fake_secrets_count_lookups (f->secrets), ==, 2);
}

static void
test_token_shared (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  UlakGraphAnswer *answers[4] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      scripted_server_add (f->server, SCRIPT_ANSWER, OK_ANSWER);
      ulak_graph_client_get_async (f->client, "1?fields=a", NULL, done_cb, &answers[i]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_assert_true (ulak_graph_answer_is_success (wait_for (&answers[i])));
      ulak_graph_answer_free (answers[i]);
    }
  g_assert_cmpuint (ulak_fake_secrets_count_lookups (f->secrets), ==, 1);
}

/* --- media --- */

static char *
make_file (const char *content, gsize size)
{
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp ("ulak-media-XXXXXX", &path, &error);

  g_assert_no_error (error);
  close (fd);
  g_file_set_contents (path, content, (gssize) size, &error);
  g_assert_no_error (error);
  return path;
}

static void
test_upload (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  UlakGraphAnswer *pending = NULL;
  g_autoptr (UlakGraphAnswer) answer = NULL;
  g_autofree char *content = g_malloc (1000000);
  g_autofree char *path = NULL;
  g_autofree char *request = NULL;

  memset (content, 'q', 1000000);
  path = make_file (content, 1000000);
  scripted_server_add (f->server, SCRIPT_ANSWER, OK_ANSWER);
  ulak_graph_client_upload_async (f->client, "1/media", path, "image/png", "a\"b\r\n.png", NULL, done_cb, &pending);
  answer = wait_for (&pending);
  g_assert_true (ulak_graph_answer_is_success (answer));

  request = scripted_server_dup_last_request (f->server);
  g_assert_nonnull (strstr (request, "\r\nContent-Type: multipart/form-data; boundary=ulak"));
  g_assert_nonnull (strstr (request, "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"));
  g_assert_nonnull (strstr (request, "name=\"file\"; filename=\"a_b__.png\"\r\nContent-Type: image/png\r\n\r\nqqq"));
  g_assert_cmpuint (strspn (strstr (request, "\r\n\r\nqqq") + 4, "q"), ==, 1000000);
  g_unlink (path);
}

static void
test_upload_without_file (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  UlakGraphAnswer *pending = NULL;
  g_autoptr (UlakGraphAnswer) answer = NULL;

  ulak_graph_client_upload_async (f->client, "1/media", "/nonexistent/ulak", "image/png", "a.png", NULL, done_cb,
                                  &pending);
  answer = wait_for (&pending);
  assert_fault (answer, ULAK_GRAPH_FAULT_NOT_SENT, "E_WA_MEDIA_FILE");
  g_assert_cmpuint (scripted_server_count_connections (f->server), ==, 0);
}

typedef struct
{
  gboolean is_done;
  GError *error;
} Downloaded;

static void
downloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Downloaded *done = user_data;

  ulak_graph_client_download_finish (ULAK_GRAPH_CLIENT (source), result, &done->error);
  done->is_done = TRUE;
}

/* Fetches into a file and returns what is in it; the error is the caller's. */
static char *
download (Fixture *f, const char *url, goffset max_bytes, const char *sha256, GError **error)
{
  g_autofree char *path = NULL;
  char *content = NULL;
  int fd = g_file_open_tmp ("ulak-media-XXXXXX", &path, NULL);
  UlakGraphDownload request = { url, fd, max_bytes, sha256 };
  Downloaded done = { FALSE, NULL };

  ulak_graph_client_download_async (f->client, &request, NULL, downloaded_cb, &done);
  while (!done.is_done)
    g_main_context_iteration (NULL, TRUE);
  close (fd);
  g_file_get_contents (path, &content, NULL, NULL);
  g_unlink (path);
  if (done.error != NULL)
    g_propagate_error (error, done.error);
  return content;
}

#define MEDIUM "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define HELLO_HEX "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define HELLO_BASE64 "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="

static void
test_download (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/m/1?a=b", scripted_server_get_port (f->server));
  static const char *const digests[] = { HELLO_HEX, HELLO_BASE64, NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (digests); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *content = NULL;
      g_autofree char *request = NULL;

      scripted_server_add (f->server, SCRIPT_ANSWER, MEDIUM);
      content = download (f, url, 5, digests[i], &error);
      g_assert_no_error (error);
      g_assert_cmpstr (content, ==, "hello");
      request = scripted_server_dup_last_request (f->server);
      g_assert_true (g_str_has_prefix (request, "GET /m/1?a=b HTTP/1.1\r\n"));
      g_assert_nonnull (strstr (request, "\r\nAuthorization: Bearer EAAG-good\r\n"));
    }
}

static const struct
{
  const char *name;
  const char *answer;
  goffset max_bytes;
  const char *sha256;
  UlakError code;
} bad_downloads[] = {
  { "one byte too many", MEDIUM, 4, NULL, ULAK_ERROR_TOO_LARGE },
  { "another digest", MEDIUM, 5, "0000000000000000000000000000000000000000000000000000000000000000",
    ULAK_ERROR_DAMAGED },
  { "a digest that is none", MEDIUM, 5, "xyz", ULAK_ERROR_DAMAGED },
  { "404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 5, NULL, ULAK_ERROR_REMOTE },
  { "a redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 5, NULL,
    ULAK_ERROR_REMOTE },
};

static void
test_bad_download (Fixture *f, gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/m/1", scripted_server_get_port (f->server));
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, bad_downloads[row].answer);
  content = download (f, url, bad_downloads[row].max_bytes, bad_downloads[row].sha256, &error);
  g_assert_error (error, ULAK_ERROR, (int) bad_downloads[row].code);
}

static void
test_cut_download (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/m/1", scripted_server_get_port (f->server));
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
  content = download (f, url, 100, NULL, &error);
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "The medium was cut off: "));
}

static void
test_foreign_download (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const urls[]
      = { "http://evil.example/m", "https://127.0.0.1/m", "http://127.0.0.1.evil.example/m", "file:///etc/passwd" };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *content = download (f, urls[i], 5, NULL, &error);

      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED);
      g_assert_cmpstr (content, ==, "");
    }
  g_assert_cmpuint (ulak_fake_secrets_count_lookups (f->secrets), ==, 0);
}

static void
test_token_hosts (void)
{
  static const struct
  {
    const char *base;
    const char *url;
    gboolean is_allowed;
  } rows[] = {
    { "https://graph.facebook.com", "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", TRUE },
    { "https://graph.facebook.com", "https://mmg.whatsapp.net/x", TRUE },
    { "https://graph.facebook.com", "https://scontent.xx.fbcdn.net/x", TRUE },
    { "https://graph.facebook.com", "http://lookaside.fbsbx.com/x", FALSE },
    { "https://graph.facebook.com", "https://evilfbsbx.com/x", FALSE },
    { "https://graph.facebook.com", "https://fbsbx.com.evil.example/x", FALSE },
    { "https://graph.facebook.com", "https://127.0.0.1/x", FALSE },
    { "http://127.0.0.1:9000", "http://127.0.0.1:9001/x", TRUE },
    { "http://127.0.0.1:9000", "http://lookaside.fbsbx.com/x", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GUri) base = g_uri_parse (rows[i].base, SOUP_HTTP_URI_FLAGS, NULL);
      g_autoptr (GUri) url = g_uri_parse (rows[i].url, SOUP_HTTP_URI_FLAGS, NULL);

      g_assert_cmpint (ulak_graph_session_may_carry_token (base, url, NULL), ==, rows[i].is_allowed);
    }
}

static void
test_roots (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_graph_roots_use_file ("/nonexistent/roots.pem", &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "/nonexistent/roots.pem"));
}

#define ADD(path, func) g_test_add ("/graph-client/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a request carries path, token and body, and is counted", test_request);
  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *path = g_strdup_printf ("/graph-client/status/%s is an answer and no success", statuses[i].name);

      g_test_add (path, Fixture, GSIZE_TO_POINTER (i), set_up, test_status, tear_down);
    }
  ADD ("an endless answer is cut at the limit", test_huge_answer);
  ADD ("a refused connection is certainly not sent", test_refused);
  ADD ("a handshake that never ends is certainly not sent", test_no_tls);
  ADD ("a reset after the request is unclear and is not sent again", test_reset_after);
  ADD ("connections are reused, and a reset on a reused one is not sent again", test_reset_on_reused_connection);
  ADD ("an end without an answer on a reused connection is not sent again", test_end_on_reused_connection);
  ADD ("silence is unclear after the timeout and not a millisecond earlier", test_silence);
  ADD ("a cancelled request that had left is unclear", test_cancel);
  ADD ("a success that is cut is unclear", test_cut_success);
  ADD ("a refusal that is cut is a refusal", test_cut_refusal);
  ADD ("a missing token sends nothing", test_token_missing);
  ADD ("a token that cannot stand in a header is missing", test_token_malformed);
  ADD ("a locked keyring is no missing token", test_token_unreadable);
  ADD ("a refused token is looked up again, and the new one is used", test_token_changed);
  ADD ("a token that is refused twice is reported", test_token_refused);
  ADD ("calls at once share one look-up of the token", test_token_shared);
  ADD ("an upload streams the file in a form", test_upload);
  ADD ("an upload without its file sends nothing", test_upload_without_file);
  ADD ("a medium is fetched with the token and checked", test_download);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_downloads); i++)
    {
      g_autofree char *path = g_strdup_printf ("/graph-client/bad download/%s is an error", bad_downloads[i].name);

      g_test_add (path, Fixture, GSIZE_TO_POINTER (i), set_up, test_bad_download, tear_down);
    }
  ADD ("a medium that is cut off is an error", test_cut_download);
  ADD ("the token does not travel to other hosts", test_foreign_download);
  g_test_add_func ("/graph-client/the token's hosts are Meta's or the configured one", test_token_hosts);
  g_test_add_func ("/graph-client/a missing file of certificates is named", test_roots);
  return g_test_run ();
}
