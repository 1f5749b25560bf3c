/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The signals of a message move its connection from phase to phase; see http-server.h for the model.
 */
#include "api/http-private.h"

#include "api/http-guard.h"
#include "core/error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_BYTES_PER_MS 64 /* a body may take so much longer as it brings bytes: 64 KB/s is the slowest taken */

G_DEFINE_FINAL_TYPE (UlakHttpServer, ulak_http_server, G_TYPE_OBJECT)

static const char *
judge_framing (SoupServerMessage *message)
{
  SoupMessageHeadersIter iter;
  const char *name, *value;
  UlakHttpGuard guard;

  ulak_http_guard_init (&guard, soup_server_message_get_method (message));
  soup_message_headers_iter_init (&iter, soup_server_message_get_request_headers (message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    ulak_http_guard_field (&guard, name, value);
  return ulak_http_guard_end (&guard);
}

/* There is no signal between a parse error and its answer, so that answer is put in before the headers come. */
static void
put_unparsed_answer (UlakHttpServer *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  char *text = self->handlers.unparsed (self->user_data);

  soup_message_headers_set_content_type (headers, "application/json", NULL);
  soup_message_body_append_take (soup_server_message_get_response_body (message), (guchar *) text, strlen (text));
}

static void
take_back_answer (SoupServerMessage *message)
{
  soup_message_headers_remove (soup_server_message_get_response_headers (message), "Content-Type");
  soup_message_body_truncate (soup_server_message_get_response_body (message));
}

static void
got_headers_cb (SoupServerMessage *message, gpointer user_data)
{
  UlakHttpConnection *connection = user_data;
  UlakHttpServer *self = connection->server;

  if (self == NULL || connection->phase == ULAK_HTTP_CLOSING)
    return;

  ulak_http_reaper_unwatch (connection);
  take_back_answer (message);
  ulak_http_connection_enter (connection, ULAK_HTTP_BODY, self->limits.body_timeout_ms);
  self->handlers.got_headers (connection, judge_framing (message), self->user_data);
}

/* A body that is passed on piece by piece is not held. */
static void
hold_chunk (UlakHttpConnection *connection, SoupServerMessage *message, gsize size_bytes)
{
  if (!soup_message_body_get_accumulate (soup_server_message_get_request_body (message)))
    return;
  connection->held_bytes += size_bytes;
  connection->server->held_bytes += size_bytes;
}

static void
got_chunk_cb (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  UlakHttpConnection *connection = user_data;
  UlakHttpServer *self = connection->server;

  if (self == NULL || connection->phase == ULAK_HTTP_CLOSING)
    return;

  connection->body_bytes += g_bytes_get_size (chunk);
  hold_chunk (connection, message, g_bytes_get_size (chunk));
  connection->deadline_us = connection->since_us
                            + (self->limits.body_timeout_ms + (gint64) (connection->body_bytes / BODY_BYTES_PER_MS)) * 1000;
  if (connection->body_bytes > connection->body_limit_bytes)
    self->handlers.too_large (connection, self->user_data);
  else if (self->held_bytes > self->limits.max_held_bytes)
    ulak_http_connection_refuse (connection, self->handlers.over_limit ("Too many bodies are being read", self->user_data));
}

static void
wrote_data_cb (G_GNUC_UNUSED SoupServerMessage *message, G_GNUC_UNUSED guint n_bytes, gpointer user_data)
{
  UlakHttpConnection *connection = user_data;

  if (connection->server != NULL && connection->phase != ULAK_HTTP_CLOSING)
    ulak_http_connection_enter (connection, ULAK_HTTP_WRITING, connection->server->limits.body_timeout_ms);
}

static void
finished_cb (SoupServerMessage *message, gpointer user_data)
{
  UlakHttpConnection *connection = user_data;

  ulak_http_connection_drop_exchange (connection);
  if (connection->server == NULL || connection->phase == ULAK_HTTP_CLOSING)
    return;

  soup_message_body_truncate (soup_server_message_get_request_body (message));
  soup_message_body_truncate (soup_server_message_get_response_body (message));
  ulak_http_connection_let_go_of_body (connection);
  connection->was_served = TRUE;
  ulak_http_connection_enter (connection, ULAK_HTTP_IDLE, connection->server->limits.idle_timeout_ms);
  ulak_http_reaper_watch (connection);
}

static void
disconnected_cb (G_GNUC_UNUSED SoupServerMessage *message, gpointer user_data)
{
  UlakHttpConnection *connection = user_data;

  ulak_http_reaper_unwatch (connection);
  ulak_http_connection_drop_exchange (connection);
  ulak_http_connection_let_go_of_body (connection);
  if (connection->phase != ULAK_HTTP_CLOSING)
    g_clear_object (&connection->message);
}

static void
connect_signal (SoupServerMessage *message, const char *name, GCallback callback, UlakHttpConnection *connection)
{
  g_signal_connect_data (message, name, callback, ulak_http_connection_ref (connection),
                         (GClosureNotify) (void (*) (void)) ulak_http_connection_unref, 0);
}

/* At accept for a connection's first message, at the first byte for each later one. */
static void
request_started_cb (G_GNUC_UNUSED SoupServer *soup, SoupServerMessage *message, gpointer user_data)
{
  UlakHttpServer *self = user_data;
  UlakHttpConnection *connection = ulak_http_connection_of (message);

  if (connection == NULL || connection->server != self)
    return;

  ulak_http_connection_hold_message (connection, message);
  if (connection->was_served)
    {
      ulak_http_reaper_unwatch (connection);
      ulak_http_connection_enter (connection, ULAK_HTTP_HEADERS, self->limits.header_timeout_ms);
    }
  put_unparsed_answer (self, message);
  connect_signal (message, "got-headers", G_CALLBACK (got_headers_cb), connection);
  connect_signal (message, "got-chunk", G_CALLBACK (got_chunk_cb), connection);
  connect_signal (message, "wrote-body-data", G_CALLBACK (wrote_data_cb), connection);
  connect_signal (message, "finished", G_CALLBACK (finished_cb), connection);
  connect_signal (message, "disconnected", G_CALLBACK (disconnected_cb), connection);
}

static void
request_cb (G_GNUC_UNUSED SoupServer *soup,
            SoupServerMessage *message,
            G_GNUC_UNUSED const char *path,
            G_GNUC_UNUSED GHashTable *query,
            gpointer user_data)
{
  UlakHttpServer *self = user_data;
  UlakHttpConnection *connection = ulak_http_connection_of (message);

  if (connection == NULL || connection->server != self || connection->phase == ULAK_HTTP_CLOSING)
    return;

  ulak_http_connection_enter (connection, ULAK_HTTP_HANDLING, 0);
  self->handlers.got_request (connection, self->user_data);
}

/* libsoup keeps a connection alive only while it has a listener. This one is half of a pair: nothing ever comes in. */
static gboolean
add_dummy_listener (UlakHttpServer *self, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot make a socket pair: %s", g_strerror (errno));
      return FALSE;
    }

  self->dummy_fd = fds[1];
  socket = g_socket_new_from_fd (fds[0], error);
  if (socket == NULL)
    {
      close (fds[0]);
      return FALSE;
    }
  return soup_server_listen_socket (self->soup, socket, 0, error);
}

/**
 * ulak_http_server_new:
 * @handlers: copied
 * @user_data: for the handlers; must outlive the server
 *
 * Returns: (transfer full): a server without sockets, or %NULL with %ULAK_ERROR_FAILED
 */
UlakHttpServer *
ulak_http_server_new (UlakClock *clock,
                      const UlakHttpLimits *limits,
                      const UlakHttpHandlers *handlers,
                      gpointer user_data,
                      GError **error)
{
  g_autoptr (UlakHttpServer) self = g_object_new (ULAK_TYPE_HTTP_SERVER, NULL);

  self->clock = g_object_ref (clock);
  self->limits = *limits;
  self->handlers = *handlers;
  self->user_data = user_data;
  self->soup = soup_server_new ("raw-paths", TRUE, "server-header", "ulak", NULL);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (request_started_cb), self);
  soup_server_add_handler (self->soup, NULL, request_cb, self, NULL);
  if (!add_dummy_listener (self, error))
    return NULL;

  ulak_http_reaper_start (self);
  return g_steal_pointer (&self);
}

/** ulak_http_server_set_limits: for connections and phases that begin from now on */
void
ulak_http_server_set_limits (UlakHttpServer *self, const UlakHttpLimits *limits)
{
  self->limits = *limits;
}

guint
ulak_http_server_get_connections (UlakHttpServer *self)
{
  return g_hash_table_size (self->connections);
}

static void
ulak_http_server_dispose (GObject *object)
{
  UlakHttpServer *self = ULAK_HTTP_SERVER (object);
  UlakHttpConnection *connection;
  GHashTableIter iter;

  g_clear_pointer (&self->acceptors, g_ptr_array_unref);
  if (self->clock != NULL)
    {
      ulak_clock_clear_timer (self->clock, &self->resume_timer);
      ulak_clock_clear_timer (self->clock, &self->sweep_timer);
      ulak_clock_clear_timer (self->clock, &self->grace_timer);
    }
  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, (gpointer *) &connection, NULL))
    ulak_http_connection_closed (connection);
  g_hash_table_remove_all (self->connections);
  if (self->soup != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->soup, self);
      soup_server_disconnect (self->soup);
    }
  g_clear_object (&self->soup);
  if (self->dummy_fd >= 0)
    close (self->dummy_fd);
  self->dummy_fd = -1;
  G_OBJECT_CLASS (ulak_http_server_parent_class)->dispose (object);
}

static void
ulak_http_server_finalize (GObject *object)
{
  UlakHttpServer *self = ULAK_HTTP_SERVER (object);

  g_hash_table_unref (self->connections);
  g_hash_table_unref (self->per_address);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (ulak_http_server_parent_class)->finalize (object);
}

static void
ulak_http_server_class_init (UlakHttpServerClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ulak_http_server_dispose;
  G_OBJECT_CLASS (class)->finalize = ulak_http_server_finalize;
}

static void
ulak_http_server_init (UlakHttpServer *self)
{
  self->dummy_fd = -1;
  self->connections
      = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) ulak_http_connection_unref, NULL);
  self->per_address = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}
