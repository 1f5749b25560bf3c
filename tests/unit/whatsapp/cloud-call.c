/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sends and fetches from end to end, with a scripted peer as Graph and a line that knows one medium; and the watch's states.
 */
#include "whatsapp/cloud/cloud-watch.h"

#include "core/error.h"
#include "fake-line.h"
#include "scripted-server.h"
#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"
#include "unit/fakes/secrets.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define JSON_ANSWER(status, length, body) "HTTP/1.1 " status "\r\nContent-Length: " length "\r\n\r\n" body
#define SENT \
  JSON_ANSWER ( \
      "200 OK", "113", \
      "{\"messaging_product\":\"whatsapp\",\"contacts\":[{\"input\":\"1\",\"wa_id\":\"905321112233\"}],\"messages\":[{\"id\":\"wamid.OK\"}]}")
#define GOOD JSON_ANSWER ("200 OK", "20", "{\"id\":\"10654034224\"}")
#define BAD_TOKEN JSON_ANSWER ("401 Unauthorized", "22", "{\"error\":{\"code\":190}}")
#define LOCKED JSON_ANSWER ("403 Forbidden", "25", "{\"error\":{\"code\":131031}}")
#define NO_NUMBER JSON_ANSWER ("400 Bad Request", "22", "{\"error\":{\"code\":100}}")
#define PAIR_RATE JSON_ANSWER ("400 Bad Request", "25", "{\"error\":{\"code\":131056}}")
#define BROKEN "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n"
#define TEXT "{\"text\":\"Hello\"}"
#define IMAGE "{\"image\":{\"media_id\":\"m1\"}}"

typedef struct
{
  ScriptedServer *server;   /* (owned) */
  UlakFakeClock *clock;     /* (owned) */
  UlakFakeRandom *random;   /* (owned) */
  UlakFakeSecrets *secrets; /* (owned) */
  UlakGraphClient *client;  /* (owned) */
  UlakLine *line;           /* (owned) */
  UlakCloudWatch *watch;    /* (owned) */
  UlakCloud cloud;
  GString *states; /* (owned): every report, "ready " or "failed:CODE " */
} Fixture;

static void
report_cb (UlakLineState state, const char *error_code, const char *why, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_nonnull (why);
  g_string_append (f->states, ulak_line_state_to_string (state));
  if (error_code != NULL)
    g_string_append_printf (f->states, ":%s", error_code);
  g_string_append_c (f->states, ' ');
}

static void
set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *url = NULL;

  f->server = scripted_server_new ();
  f->clock = ulak_fake_clock_new ();
  f->random = ulak_fake_random_new (1);
  f->secrets = ulak_fake_secrets_new ();
  ulak_fake_secrets_set (f->secrets, "token", "EAAG");
  url = g_strdup_printf ("http://127.0.0.1:%u", scripted_server_get_port (f->server));
  f->client = ulak_graph_client_new (&(UlakGraphClientOptions){ url, "v23.0", "token", 30000, 4,
                                                                ULAK_SECRET_SOURCE (f->secrets), ULAK_CLOCK (f->clock),
                                                                ULAK_RANDOM (f->random), NULL, "sales" });
  f->line = fake_line_new ();
  f->cloud = (UlakCloud){ f->line, f->client, ULAK_CLOCK (f->clock), "10654034224" };
  f->states = g_string_new (NULL);
  f->watch = ulak_cloud_watch_new (ULAK_CLOCK (f->clock), ULAK_RANDOM (f->random), report_cb, f);
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  ulak_cloud_watch_stop (f->watch);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (ulak_fake_clock_count_timers (f->clock), ==, 0);
  g_assert_finalize_object (f->watch);
  g_assert_finalize_object (f->client);
  g_object_unref (f->line);
  scripted_server_free (f->server);
  g_object_unref (f->secrets);
  g_object_unref (f->random);
  g_object_unref (f->clock);
  g_string_free (f->states, TRUE);
}

static void
done_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  UlakJudgement **judgement_out = user_data;

  *judgement_out = ulak_cloud_send_finish (result);
}

static UlakJudgement *
send (Fixture *f, const char *document)
{
  g_autoptr (JsonNode) node = json_from_string (document, NULL);
  UlakOutbound outbound
      = { "0193a1b2-0000-7000-8000-000000000001", "905321112233", json_node_get_object (node), NULL, 0 };
  UlakJudgement *judgement = NULL;

  ulak_cloud_send_async (&f->cloud, &outbound, NULL, done_cb, &judgement);
  while (judgement == NULL)
    g_main_context_iteration (NULL, TRUE);
  return judgement;
}

static void
test_sent (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakJudgement) judgement = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, SENT);
  judgement = send (f, TEXT);
  g_assert_cmpint (judgement->result->outcome, ==, ULAK_SEND_ACCEPTED);
  g_assert_cmpstr (judgement->result->network_id, ==, "wamid.OK");
  g_assert_cmpstr (judgement->result->recipient, ==, "905321112233");
  g_assert_cmpint (judgement->verdict, ==, ULAK_VERDICT_GOOD);
}

static const struct
{
  const char *name;
  ScriptAction action;
  const char *answer;
  UlakSendOutcome outcome;
  UlakSendScope scope;
  const char *code;
  gint64 retry_after_ms;
  UlakVerdict verdict;
} outcomes[] = {
  { "a success without an id", SCRIPT_ANSWER, GOOD, ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, "E_WA_ANSWER", 0,
    ULAK_VERDICT_GOOD },
  { "the pair rate", SCRIPT_ANSWER, PAIR_RATE, ULAK_SEND_RETRY, ULAK_SEND_SCOPE_RECIPIENT, "E_WA_RATE_PAIR", 0,
    ULAK_VERDICT_NONE },
  { "503 with Retry-After", SCRIPT_ANSWER, BROKEN, ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, "E_WA_SERVICE", 90000,
    ULAK_VERDICT_NONE },
  { "a locked account", SCRIPT_ANSWER, LOCKED, ULAK_SEND_FAILED, ULAK_SEND_SCOPE_LINE, "E_WA_ACCOUNT_LOCKED", 0,
    ULAK_VERDICT_BANNED },
  { "a reset", SCRIPT_RESET, NULL, ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, "E_WA_NETWORK", 0,
    ULAK_VERDICT_DOUBTFUL },
};

static void
test_outcome (Fixture *f, gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (UlakJudgement) judgement = NULL;

  scripted_server_add (f->server, outcomes[row].action, outcomes[row].answer);
  judgement = send (f, TEXT);
  g_assert_cmpint (judgement->result->outcome, ==, outcomes[row].outcome);
  g_assert_cmpint (judgement->result->scope, ==, outcomes[row].scope);
  g_assert_cmpstr (judgement->result->error_code, ==, outcomes[row].code);
  g_assert_cmpint (judgement->result->retry_after_ms, ==, outcomes[row].retry_after_ms);
  g_assert_cmpint (judgement->verdict, ==, outcomes[row].verdict);
}

/* --- media --- */

static void
test_upload_then_send (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakJudgement) judgement = NULL;
  g_autofree char *path = NULL;
  g_autofree char *request = NULL;
  gint64 until_us;
  int fd = g_file_open_tmp ("ulak-media-XXXXXX", &path, NULL);

  g_assert_cmpint (write (fd, "png", 3), ==, 3);
  close (fd);
  fake_line_set_medium (path, "image/png", 3, NULL);
  scripted_server_add (f->server, SCRIPT_ANSWER, GOOD);
  scripted_server_add (f->server, SCRIPT_ANSWER, SENT);
  judgement = send (f, IMAGE);
  g_assert_cmpint (judgement->result->outcome, ==, ULAK_SEND_ACCEPTED);
  request = scripted_server_dup_last_request (f->server);
  g_assert_nonnull (strstr (request, "\"image\":{\"id\":\"10654034224\"}"));
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 2);
  g_assert_cmpstr (fake_line_get_kept_handle (&until_us), ==, "10654034224");
  g_assert_cmpint (until_us, ==, ULAK_FAKE_CLOCK_START_US + G_GINT64_CONSTANT (29) * 86400 * G_USEC_PER_SEC);
  g_unlink (path);
}

static void
test_known_handle (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakJudgement) judgement = NULL;
  g_autofree char *request = NULL;

  fake_line_set_medium ("/nonexistent", "image/png", 3, "777");
  scripted_server_add (f->server, SCRIPT_ANSWER, SENT);
  judgement = send (f, IMAGE);
  g_assert_cmpint (judgement->result->outcome, ==, ULAK_SEND_ACCEPTED);
  request = scripted_server_dup_last_request (f->server);
  g_assert_nonnull (strstr (request, "\"image\":{\"id\":\"777\"}"));
}

static const struct
{
  const char *name;
  const char *path;
  const char *mime_type;
  goffset size_bytes;
  const char *code;
} bad_media[] = {
  { "a medium that is gone", NULL, NULL, 0, "E_WA_MEDIA_FILE" },
  { "a file that is gone", "/nonexistent/ulak", "image/png", 3, "E_WA_MEDIA_FILE" },
  { "a sound as an image", "/nonexistent/ulak", "audio/ogg", 3, "E_WA_MEDIA_TYPE" },
  { "an image that is too large", "/nonexistent/ulak", "image/png", 6 * 1024 * 1024, "E_WA_MEDIA_SIZE" },
};

static void
test_bad_medium (Fixture *f, gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (UlakJudgement) judgement = NULL;

  fake_line_set_medium (bad_media[row].path, bad_media[row].mime_type, bad_media[row].size_bytes, NULL);
  judgement = send (f, IMAGE);
  g_assert_cmpint (judgement->result->outcome, ==, ULAK_SEND_FAILED);
  g_assert_cmpstr (judgement->result->error_code, ==, bad_media[row].code);
  g_assert_cmpint (judgement->verdict, ==, ULAK_VERDICT_NONE);
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 0);
}

static void
test_upload_fault (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakJudgement) judgement = NULL;

  fake_line_set_medium ("/dev/null", "image/png", 3, NULL);
  scripted_server_add (f->server, SCRIPT_RESET, NULL);
  judgement = send (f, IMAGE);
  g_assert_cmpint (judgement->result->outcome, ==, ULAK_SEND_RETRY);
}

static void
fetched_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError **error_out = user_data;

  if (ulak_cloud_fetch_finish (result, error_out))
    *error_out = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_FAILED, "none");
}

static char *
fetch (Fixture *f, const char *reference, goffset max_bytes, GError **error_out)
{
  g_autoptr (JsonNode) node = json_from_string (reference, NULL);
  g_autofree char *path = NULL;
  char *content = NULL;
  int fd = g_file_open_tmp ("ulak-media-XXXXXX", &path, NULL);

  ulak_cloud_fetch_async (&f->cloud, json_node_get_object (node), fd, max_bytes, NULL, fetched_cb, error_out);
  while (*error_out == NULL)
    g_main_context_iteration (NULL, TRUE);
  close (fd);
  g_file_get_contents (path, &content, NULL, NULL);
  g_unlink (path);
  if (strcmp ((*error_out)->message, "none") == 0)
    g_clear_error (error_out);
  return content;
}

static char *
node_answer (Fixture *f, const char *size)
{
  g_autofree char *body = g_strdup_printf ("{\"url\":\"http://127.0.0.1:%u/m\",\"file_size\":%s,\"sha256\":"
                                           "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}",
                                           scripted_server_get_port (f->server), size);

  return g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", strlen (body), body);
}

static void
test_fetch (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *node = node_answer (f, "5");
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, node);
  scripted_server_add (f->server, SCRIPT_ANSWER, JSON_ANSWER ("200 OK", "5", "hello"));
  content = fetch (f, "{\"id\":\"100/3\",\"mime_type\":\"image/png\"}", 5, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (content, ==, "hello");
}

static void
test_fetch_too_large (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *node = node_answer (f, "6");
  g_autofree char *content = NULL;
  g_autofree char *request = NULL;
  g_autoptr (GError) error = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, node);
  content = fetch (f, "{\"id\":\"100/3\"}", 5, &error);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
  request = scripted_server_dup_last_request (f->server);
  g_assert_true (g_str_has_prefix (request, "GET /v23.0/100%2F3?phone_number_id=10654034224 HTTP/1.1\r\n"));
}

static void
test_fetch_refused (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *refused = NULL;
  g_autofree char *without_id = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) no_id = NULL;

  scripted_server_add (f->server, SCRIPT_ANSWER, NO_NUMBER);
  refused = fetch (f, "{\"id\":\"1\"}", 5, &error);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE);
  g_assert_true (g_str_has_prefix (error->message, "E_WA_PARAM: "));
  without_id = fetch (f, "{}", 5, &no_id);
  g_assert_error (no_id, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
}

/* --- the watch --- */

static void
wait_for_states (Fixture *f, const char *wanted)
{
  while (strlen (f->states->str) < strlen (wanted))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (f->states->str, ==, wanted);
  g_string_truncate (f->states, 0);
}

static void
start_with (Fixture *f, const char *answer)
{
  scripted_server_add (f->server, SCRIPT_ANSWER, answer);
  ulak_cloud_watch_start (f->watch, f->client, "10654034224");
}

static void
test_watch_ready (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *request = NULL;

  start_with (f, GOOD);
  wait_for_states (f, "ready ");
  request = scripted_server_dup_last_request (f->server);
  g_assert_true (g_str_has_prefix (request, "GET /v23.0/10654034224?fields=id,"));

  scripted_server_add (f->server, SCRIPT_ANSWER, BAD_TOKEN);
  scripted_server_add (f->server, SCRIPT_ANSWER, BAD_TOKEN);
  ulak_fake_clock_advance_ms (f->clock, ULAK_CLOUD_WATCH_INTERVAL_MS);
  wait_for_states (f, "failed:E_WA_TOKEN_EXPIRED ");
}

static void
test_watch_unreachable (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  start_with (f, BROKEN);
  wait_for_states (f, "disconnected:E_WA_SERVICE ");
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (f->clock), ==, 90 * G_USEC_PER_SEC);

  scripted_server_add (f->server, SCRIPT_RESET, NULL);
  ulak_fake_clock_advance_ms (f->clock, 90000);
  wait_for_states (f, "disconnected:E_WA_NETWORK ");
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (f->clock), >=, 2 * G_USEC_PER_SEC);
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (f->clock), <=, 22 * G_USEC_PER_SEC / 10);

  scripted_server_add (f->server, SCRIPT_ANSWER, GOOD);
  ulak_fake_clock_advance_ms (f->clock, 2200);
  wait_for_states (f, "ready ");
}

static void
test_watch_token_changed (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_secrets_remove (f->secrets, "token");
  ulak_cloud_watch_start (f->watch, f->client, "10654034224");
  wait_for_states (f, "failed:E_WA_TOKEN_MISSING ");

  ulak_fake_secrets_set (f->secrets, "token", "EAAG2");
  scripted_server_add (f->server, SCRIPT_TOKEN, "EAAG2");
  ulak_cloud_watch_token_changed (f->watch);
  wait_for_states (f, "ready ");
}

static void
test_watch_keyring (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_secrets_set_fault (f->secrets, ULAK_ERROR_LOCKED);
  ulak_cloud_watch_start (f->watch, f->client, "10654034224");
  wait_for_states (f, "disconnected:E_WA_TOKEN_UNREADABLE ");
}

static void
test_watch_wrong_number (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  start_with (f, NO_NUMBER);
  wait_for_states (f, "failed:E_WA_PARAM ");
}

static void
test_watch_banned (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakJudgement) judgement = NULL;

  start_with (f, GOOD);
  wait_for_states (f, "ready ");
  scripted_server_add (f->server, SCRIPT_ANSWER, LOCKED);
  judgement = send (f, TEXT);
  ulak_cloud_watch_note (f->watch, judgement);
  wait_for_states (f, "banned:E_WA_ACCOUNT_LOCKED ");
  g_assert_cmpuint (ulak_fake_clock_count_timers (f->clock), ==, 0);
  ulak_cloud_watch_token_changed (f->watch);
  g_assert_cmpuint (ulak_fake_clock_count_timers (f->clock), ==, 0);
}

static void
test_watch_send_fault (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakJudgement) judgement = NULL;

  start_with (f, GOOD);
  wait_for_states (f, "ready ");
  scripted_server_add (f->server, SCRIPT_RESET, NULL);
  judgement = send (f, TEXT);
  scripted_server_add (f->server, SCRIPT_ANSWER, GOOD);
  ulak_cloud_watch_note (f->watch, judgement);
  wait_for_states (f, "ready ");
  g_assert_cmpuint (scripted_server_count_requests (f->server), ==, 3);

  judgement->verdict = ULAK_VERDICT_UNREACHABLE;
  ulak_cloud_watch_note (f->watch, judgement);
  ulak_cloud_watch_note (f->watch, judgement);
  wait_for_states (f, "disconnected:E_WA_NETWORK ");
}

static void
test_watch_stopped (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  start_with (f, GOOD);
  ulak_cloud_watch_stop (f->watch);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  ulak_cloud_watch_token_changed (f->watch);
  g_assert_cmpstr (f->states->str, ==, "");
}

#define ADD(path, func) g_test_add ("/cloud-call/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a message that Graph takes has its id", test_sent);
  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/cloud-call/outcome/%s is what it is", outcomes[i].name);

      g_test_add (path, Fixture, GSIZE_TO_POINTER (i), set_up, test_outcome, tear_down);
    }
  ADD ("a medium is uploaded once and its handle kept for 29 days", test_upload_then_send);
  ADD ("a known handle spares the upload", test_known_handle);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_media); i++)
    {
      g_autofree char *path = g_strdup_printf ("/cloud-call/bad medium/%s sends nothing", bad_media[i].name);

      g_test_add (path, Fixture, GSIZE_TO_POINTER (i), set_up, test_bad_medium, tear_down);
    }
  ADD ("an unclear upload is tried again", test_upload_fault);
  ADD ("a medium is fetched by its node", test_fetch);
  ADD ("a medium whose node is too large is not fetched", test_fetch_too_large);
  ADD ("a refused fetch says why", test_fetch_refused);
  ADD ("a good number is ready and asked again", test_watch_ready);
  ADD ("an unreachable Graph is asked with growing pauses, never before Retry-After", test_watch_unreachable);
  ADD ("a missing token fails the line until the secret changes", test_watch_token_changed);
  ADD ("a locked keyring disconnects and does not fail", test_watch_keyring);
  ADD ("a wrong number fails the line", test_watch_wrong_number);
  ADD ("a locked account is final", test_watch_banned);
  ADD ("faults of sends are believed, and doubts asked about", test_watch_send_fault);
  ADD ("a stopped watch reports nothing", test_watch_stopped);
  return g_test_run ();
}
