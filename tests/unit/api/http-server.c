/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The real server in this process, with raw sockets as its clients: what goes over the wire is what is judged.
 */
#include "api/http-private.h"
#include "api/http-sockets.h"
#include "core/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_S 20
#define BODY_LIMIT 1000

typedef struct
{
  UlakClock *clock;        /* (owned) */
  UlakHttpServer *server;  /* (owned) */
  GSocketAddress *address; /* (owned) */
  guint n_handled;
  guint n_gone;
  gboolean hold;                 /* answer later */
  UlakHttpConnection *held;      /* unowned: the connection that waits */
} Fixture;

static char *
answer_text (const char *status, const char *sentence)
{
  return g_strdup_printf ("HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status, strlen (sentence),
                          sentence);
}

static void
got_headers (UlakHttpConnection *connection, const char *verdict, gpointer user_data)
{
  SoupServerMessage *message = ulak_http_connection_get_message (connection);
  goffset length = soup_message_headers_get_content_length (soup_server_message_get_request_headers (message));

  (void) user_data;
  ulak_http_connection_set_body_limit (connection, BODY_LIMIT);
  if (verdict != NULL)
    ulak_http_connection_refuse (connection, answer_text ("400 Bad Request", verdict));
  else if (length > BODY_LIMIT)
    ulak_http_connection_refuse (connection, answer_text ("413 Content Too Large", "large"));
}

static void
too_large (UlakHttpConnection *connection, gpointer user_data)
{
  (void) user_data;
  ulak_http_connection_refuse (connection, answer_text ("413 Content Too Large", "large"));
}

static void
exchange_gone (gpointer exchange)
{
  Fixture *fixture = exchange;

  fixture->n_gone++;
  fixture->held = NULL;
}

static void
answer (UlakHttpConnection *connection)
{
  SoupServerMessage *message = ulak_http_connection_get_message (connection);

  if (ulak_http_connection_is_draining (connection))
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection", "close");
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "fine", 4);
}

static void
got_request (UlakHttpConnection *connection, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_handled++;
  ulak_http_connection_set_exchange (connection, fixture, exchange_gone);
  if (!fixture->hold)
    {
      answer (connection);
      return;
    }
  fixture->held = connection;
  soup_server_message_pause (ulak_http_connection_get_message (connection));
}

static char *
over_limit (const char *sentence, gpointer user_data)
{
  (void) user_data;
  return answer_text ("503 Service Unavailable", sentence);
}

static char *
unparsed (gpointer user_data)
{
  (void) user_data;
  return g_strdup ("unparsed");
}

static void
release (Fixture *fixture)
{
  g_assert_nonnull (fixture->held);
  answer (fixture->held);
  soup_server_message_unpause (ulak_http_connection_get_message (fixture->held));
}

static const UlakHttpLimits roomy = { 1024, 1024, 10000, 10000, 10000, 1 << 20 };

static void
set_up (Fixture *fixture, gconstpointer limits)
{
  UlakHttpHandlers handlers = { unparsed, got_headers, too_large, got_request, over_limit };
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;

  fixture->clock = ulak_clock_system_new ();
  fixture->server = ulak_http_server_new (fixture->clock, limits, &handlers, fixture, &error);
  g_assert_no_error (error);
  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_set_listen_backlog (socket, 1024);
  g_assert_true (g_socket_bind (socket, any, TRUE, &error) && g_socket_listen (socket, &error));
  fixture->address = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  ulak_http_server_add_socket (fixture->server, socket);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_clear_object (&fixture->server);
  g_clear_object (&fixture->address);
  g_clear_object (&fixture->clock);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static GSocket *
dial (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GSocket *client = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_connect (client, fixture->address, NULL, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (client, FALSE);
  return client;
}

static void
say (GSocket *client, const char *text)
{
  gsize sent = 0;

  while (sent < strlen (text))
    {
      gssize n = g_socket_send (client, text + sent, strlen (text) - sent, NULL, NULL);

      if (n > 0)
        sent += (gsize) n;
      else if (errno != EAGAIN)
        return;
      g_main_context_iteration (NULL, FALSE);
    }
}

static gboolean
is_late (gint64 since_us)
{
  return g_get_monotonic_time () - since_us > PATIENCE_S * G_USEC_PER_SEC;
}

/* Reads until the text holds `until`, or, with NULL, until the server closes. */
static char *
hear (GSocket *client, const char *until)
{
  GString *heard = g_string_new (NULL);
  gint64 since_us = g_get_monotonic_time ();
  char bytes[4096];

  while (!is_late (since_us))
    {
      g_autoptr (GError) error = NULL;
      gssize n = g_socket_receive (client, bytes, sizeof bytes, NULL, &error);

      if (n > 0)
        g_string_append_len (heard, bytes, n);
      else if (n == 0 || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return g_string_free (heard, FALSE);
      if (until != NULL && strstr (heard->str, until) != NULL)
        return g_string_free (heard, FALSE);
      g_main_context_iteration (NULL, FALSE);
    }
  g_error ("Heard only: %s", heard->str);
}

static void
run_until_count (Fixture *fixture, guint n_connections)
{
  gint64 since_us = g_get_monotonic_time ();

  while (ulak_http_server_get_connections (fixture->server) != n_connections)
    {
      g_assert_false (is_late (since_us));
      g_main_context_iteration (NULL, FALSE);
    }
}

static guint
count_fds (void)
{
  DIR *directory = opendir ("/proc/self/fd");
  guint n = 0;

  while (readdir (directory) != NULL)
    n++;
  closedir (directory);
  return n;
}

static void
test_keep_alive (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *heard = NULL;

      say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      heard = hear (client, "fine");
      g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 200"));
    }
  g_assert_cmpuint (fixture->n_handled, ==, 3);
  g_assert_cmpuint (fixture->n_gone, ==, 3);
  g_assert_cmpuint (ulak_http_server_get_connections (fixture->server), ==, 1);
}

static void
test_pipelined (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  g_autofree char *heard = NULL;

  say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  heard = hear (client, NULL);
  g_assert_nonnull (strstr (heard, "fineHTTP/1.1 200"));
  g_assert_cmpuint (fixture->n_handled, ==, 2);
}

typedef struct
{
  const char *name;
  const char *request;
  const char *status;
} Refusal;

static const Refusal refusals[] = {
  { "/http-server/a negative length is refused", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello", "HTTP/1.1 400" },
  { "/http-server/two lengths are refused", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "HTTP/1.1 400" },
  { "/http-server/length and chunked are refused",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400" },
  { "/http-server/a strange method is refused", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400" },
  { "/http-server/a large body is refused before it came", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413" },
  { "/http-server/a large body is refused where the client asks first",
    "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413" },
  { "/http-server/a missing host is refused", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400" },
};

static void
test_refusal (Fixture *fixture, gconstpointer data)
{
  const Refusal *refusal = data;
  g_autoptr (GSocket) client = NULL;
  g_autofree char *heard = NULL;

  set_up (fixture, &roomy);
  client = dial (fixture);
  say (client, refusal->request);
  heard = hear (client, NULL);
  g_assert_true (g_str_has_prefix (heard, refusal->status));
  g_assert_null (strstr (heard + 8, "HTTP/1.1"));
  g_assert_false (g_str_has_suffix (heard, "\r\n\r\n")); /* every refusal says why */
  g_assert_cmpuint (fixture->n_handled, ==, 0);
  g_clear_object (&client);
  run_until_count (fixture, 0);
  tear_down (fixture, NULL);
}

static void
test_chunked_limit (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  g_autofree char *block = g_strnfill (600, 'x'), *chunk = g_strdup_printf ("258\r\n%s\r\n", block), *heard = NULL;

  say (client, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  say (client, chunk);
  say (client, chunk);
  heard = hear (client, NULL);
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 413"));
  g_assert_cmpuint (fixture->n_handled, ==, 0);
}

static void
test_dropped (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  guint before = count_fds ();

  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (GSocket) client = dial (fixture);
      g_autofree char *heard = NULL;

      say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      heard = hear (client, "fine");
      g_socket_close (client, NULL);
    }
  run_until_count (fixture, 0);
  g_assert_cmpuint (fixture->n_handled, ==, 2000);
  g_assert_cmpuint (count_fds (), <=, before + 2);
}

static void
test_silent_drop (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GSocket) client = dial (fixture);

      run_until_count (fixture, 1);
      g_socket_close (client, NULL);
      run_until_count (fixture, 0);
    }
}

static const UlakHttpLimits hasty = { 1024, 1024, 100, 100, 100, 1 << 20 };

static void
test_slow_headers (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  g_autofree char *heard = NULL;

  say (client, "GET / HTTP/1.1\r\nHost:");
  heard = hear (client, NULL);
  g_assert_cmpstr (heard, ==, "");
  run_until_count (fixture, 0);
}

static void
test_slow_second_headers (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  g_autofree char *first = NULL, *second = NULL;

  say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  first = hear (client, "fine");
  say (client, "GET / HT");
  second = hear (client, NULL);
  g_assert_cmpstr (second, ==, "");
  run_until_count (fixture, 0);
}

static void
test_slow_body (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  g_autofree char *heard = NULL;

  say (client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhal");
  heard = hear (client, NULL);
  g_assert_cmpstr (heard, ==, "");
  g_assert_cmpuint (fixture->n_handled, ==, 0);
  run_until_count (fixture, 0);
}

static void
test_silent (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  g_autofree char *heard = hear (client, NULL);

  g_assert_cmpstr (heard, ==, "");
}

static void
test_idle (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  g_autofree char *first = NULL, *second = NULL;

  say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  first = hear (client, "fine");
  second = hear (client, NULL);
  g_assert_cmpstr (second, ==, "");
  run_until_count (fixture, 0);
}

static const UlakHttpLimits lean = { 1024, 1024, 10000, 10000, 10000, 1000 };

static void
test_held_bytes (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autofree char *block = g_strnfill (600, 'x'), *heard = NULL, *served = NULL;
  g_autoptr (GSocket) first = dial (fixture), second = dial (fixture), third = NULL;

  say (first, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");
  say (first, block);
  while (fixture->server->held_bytes < 600)
    g_main_context_iteration (NULL, TRUE);
  say (second, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n");
  say (second, block);
  heard = hear (second, NULL);
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 503"));
  g_socket_close (second, NULL);
  g_socket_close (first, NULL);
  run_until_count (fixture, 0);
  g_assert_cmpuint (fixture->server->held_bytes, ==, 0);

  third = dial (fixture);
  say (third, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n");
  say (third, block);
  served = hear (third, "fine");
  g_assert_cmpuint (fixture->server->held_bytes, ==, 0);
}

static const UlakHttpLimits few = { 3, 1024, 10000, 10000, 10000, 1 << 20 };
static const UlakHttpLimits few_each = { 1024, 2, 10000, 10000, 10000, 1 << 20 };

static void
test_cap (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *heard = NULL;

  for (guint i = 0; i < 3; i++)
    {
      g_ptr_array_add (clients, dial (fixture));
      run_until_count (fixture, i + 1);
    }
  g_ptr_array_add (clients, dial (fixture));
  heard = hear (clients->pdata[3], NULL);
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 503"));
}

static void
test_cap_evicts (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *closed = NULL, *heard = NULL;

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *first = NULL;

      g_ptr_array_add (clients, dial (fixture));
      say (clients->pdata[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      first = hear (clients->pdata[i], "fine");
    }
  g_ptr_array_add (clients, dial (fixture));
  say (clients->pdata[3], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  heard = hear (clients->pdata[3], "fine");
  closed = hear (clients->pdata[0], NULL);
  g_assert_cmpstr (closed, ==, "");
  run_until_count (fixture, 3);
}

static void
test_cap_per_address (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) first = dial (fixture), second = dial (fixture), third = NULL;
  g_autofree char *heard = NULL;

  run_until_count (fixture, 2);
  third = dial (fixture);
  heard = hear (third, NULL);
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 503"));
}

static void
test_emfile (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  struct rlimit before, tight;
  g_autofree char *heard = NULL;
  gint64 until_us;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  tight = before;
  tight.rlim_cur = 4;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &tight), ==, 0);
  until_us = g_get_monotonic_time () + 50 * 1000;
  while (g_get_monotonic_time () < until_us)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (ulak_http_server_get_connections (fixture->server), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);

  say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  heard = hear (client, "fine");
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 200"));
}

static void
drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (ulak_http_server_drain_finish (ULAK_HTTP_SERVER (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static void
test_drain (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) busy = dial (fixture), idle = dial (fixture), late = NULL;
  g_autofree char *first = NULL, *heard = NULL, *closed = NULL;
  gboolean is_drained = FALSE;

  say (idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  first = hear (idle, "fine");
  fixture->hold = TRUE;
  say (busy, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (fixture->held == NULL)
    g_main_context_iteration (NULL, TRUE);

  ulak_http_server_drain_async (fixture->server, drained_cb, &is_drained);
  closed = hear (idle, NULL);
  g_assert_cmpstr (closed, ==, "");
  late = dial (fixture); /* waits in the backlog: no reset */
  g_assert_false (is_drained);
  release (fixture);
  heard = hear (busy, NULL);
  g_assert_nonnull (strstr (heard, "Connection: close"));
  g_assert_nonnull (strstr (heard, "fine"));
  while (!is_drained)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fixture->n_handled, ==, 2);
}

static void
test_drain_answers (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);
  g_autofree char *first = NULL, *second = NULL;
  gboolean is_drained = FALSE;

  say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  first = hear (client, "fine");
  ulak_http_server_drain_async (fixture->server, drained_cb, &is_drained);
  say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  second = hear (client, NULL);
  g_assert_nonnull (strstr (second, "Connection: close"));
  while (!is_drained)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_client_leaves (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autoptr (GSocket) client = dial (fixture);

  fixture->hold = TRUE;
  say (client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (fixture->held == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_socket_close (client, NULL);
  release (fixture);
  run_until_count (fixture, 0);
  g_assert_cmpuint (fixture->n_gone, ==, 1);
}

/* libsoup takes the local address of such a request for an Internet address: a critical for every client that likes. */
static void
test_unix_socket (Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  g_autofree char *folder = g_dir_make_tmp ("ulak-http-XXXXXX", NULL), *path = g_build_filename (folder, "api.sock", NULL);
  const char *const places[] = { path, NULL };
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) sockets = ulak_http_sockets_listen (places, &error);
  g_autoptr (GSocket) client = NULL;
  g_autofree char *heard = NULL;

  g_assert_no_error (error);
  ulak_http_server_add_socket (fixture->server, sockets->pdata[0]);
  client = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_assert_true (g_socket_connect (client, address, NULL, &error));
  g_socket_set_blocking (client, FALSE);
  say (client, "GET / HTTP/1.0\r\n\r\n");
  heard = hear (client, NULL);
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.0 200"));
  g_assert_cmpint (g_remove (path) | g_rmdir (folder), ==, 0);
}

static void
test_places (G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer limits)
{
  const char *const bad[] = { "localhost:80", "127.0.0.1", "relative.sock", "", "256.0.0.1:80" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const places[] = { bad[i], NULL };
      g_autoptr (GError) error = NULL;

      g_assert_null (ulak_http_sockets_listen (places, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, limits, func) g_test_add ("/http-server/" name, Fixture, limits, set_up, func, tear_down)
  ADD ("a connection serves several requests", &roomy, test_keep_alive);
  ADD ("pipelined requests are answered in order", &roomy, test_pipelined);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    g_test_add (refusals[i].name, Fixture, &refusals[i], NULL, test_refusal, NULL);
  ADD ("a chunked body is counted and cut at the limit", &roomy, test_chunked_limit);
  ADD ("two thousand dropped connections leave no descriptor", &roomy, test_dropped);
  ADD ("a connection that says nothing and leaves is forgotten", &roomy, test_silent_drop);
  ADD ("headers that never end are cut", &hasty, test_slow_headers);
  ADD ("second headers that never end are cut", &hasty, test_slow_second_headers);
  ADD ("a body that never ends is cut", &hasty, test_slow_body);
  ADD ("a silent connection is cut", &hasty, test_silent);
  ADD ("an idle connection is cut", &hasty, test_idle);
  ADD ("bodies of all clients together have a limit", &lean, test_held_bytes);
  ADD ("over the limit the newcomer is told", &few, test_cap);
  ADD ("over the limit the longest idle makes room", &few, test_cap_evicts);
  ADD ("one address cannot take all connections", &few_each, test_cap_per_address);
  ADD ("accepting goes on after running out of descriptors", &roomy, test_emfile);
  ADD ("a drain finishes what is in flight and closes what is idle", &roomy, test_drain);
  ADD ("a drain answers requests on open connections", &roomy, test_drain_answers);
  ADD ("a client that leaves does not hold its place", &roomy, test_client_leaves);
  ADD ("an old client on a Unix socket is served", &roomy, test_unix_socket);
  ADD ("places to listen at are numbers with a port, or absolute paths", &roomy, test_places);
  return g_test_run ();
}
