/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Listener: accepts connections from listening sockets and hands them to libsoup.
 *
 * Accepting never stops for good: out of descriptors, an idle connection is closed and accepting goes on after a pause
 * (a readable listening socket that cannot be accepted from would otherwise spin). At the total limit the connection that has
 * been idle longest makes room; if none is idle, or one address has too many, the newcomer is told so and closed.
 */
#include "api/http-private.h"

#include "core/log.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define ACCEPTS_PER_TURN 64    /* then others have the main loop */
#define LINGERING_MAX 64       /* connections over the limit that may read their refusal at leisure */
#define RESUME_US (100 * 1000) /* after EMFILE: long enough not to spin, short enough not to be noticed */

typedef struct
{
  UlakHttpServer *server; /* unowned */
  GSocket *socket;        /* (owned) */
  GSource *source;        /* (owned) (nullable): while accepting */
} UlakHttpAcceptor;

static void
acceptor_stop (UlakHttpAcceptor *self)
{
  if (self->source == NULL)
    return;

  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
acceptor_free (UlakHttpAcceptor *self)
{
  acceptor_stop (self);
  g_object_unref (self->socket);
  g_free (self);
}

static guint
count_address (UlakHttpServer *self, const char *address, int change)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->per_address, address)) + (guint) change;

  if (n == 0)
    g_hash_table_remove (self->per_address, address);
  else
    g_hash_table_insert (self->per_address, g_strdup (address), GUINT_TO_POINTER (n));
  return n;
}

static void
stream_gone_cb (gpointer user_data, G_GNUC_UNUSED GObject *stream)
{
  UlakHttpConnection *connection = user_data;
  UlakHttpServer *self = connection->server;

  if (self != NULL)
    {
      count_address (self, connection->address, -1);
      ulak_http_connection_closed (connection);
      g_hash_table_remove (self->connections, connection);
      ulak_http_drain_check (self);
    }
  ulak_http_connection_unref (connection);
}

static const char *
find_excess (UlakHttpServer *self, UlakHttpConnection *connection, guint n_from_address)
{
  if (!connection->is_unix && n_from_address > self->limits.max_connections_per_address)
    return "Too many connections from this address";
  if (g_hash_table_size (self->connections) > self->limits.max_connections && !ulak_http_reaper_evict (self))
    return "Too many connections";
  return NULL;
}

/* libsoup takes the local address of an HTTP/1.0 request without Host for an Internet address and nothing else. */
static GSocketAddress *
local_address (GSocket *socket)
{
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);

  if (G_IS_INET_SOCKET_ADDRESS (local))
    return g_steal_pointer (&local);
  return g_inet_socket_address_new_from_string ("127.0.0.1", 0);
}

/* One object per connection, since it carries the connection; clients of Unix sockets have no address of their own. */
static GSocketAddress *
remote_address (GSocket *socket)
{
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);

  if (G_IS_INET_SOCKET_ADDRESS (remote))
    return g_steal_pointer (&remote);
  return g_inet_socket_address_new_from_string ("127.0.0.1", 0);
}

static void
turn_away (UlakHttpServer *self, GSocketConnection *stream, GSocket *socket, const char *sentence)
{
  g_autofree char *answer = self->handlers.over_limit (sentence, self->user_data);

  (void) g_socket_send (socket, answer, strlen (answer), NULL, NULL);
  if (g_hash_table_size (self->connections) > self->limits.max_connections + LINGERING_MAX)
    return;
  ulak_http_linger (G_IO_STREAM (stream), socket, self->clock);
}

static void
take_connection (UlakHttpServer *self, GSocket *socket)
{
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GSocketAddress) local = local_address (socket), remote = remote_address (socket);
  UlakHttpConnection *connection = ulak_http_connection_new (self, socket);
  const char *excess;

  g_hash_table_add (self->connections, connection);
  g_object_weak_ref (G_OBJECT (stream), stream_gone_cb, ulak_http_connection_ref (connection));
  if (!connection->is_unix)
    (void) g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);

  excess = find_excess (self, connection, count_address (self, connection->address, 1));
  if (excess != NULL)
    {
      ulak_http_connection_enter (connection, ULAK_HTTP_CLOSING, 0);
      turn_away (self, stream, socket, excess);
      return;
    }

  /* libsoup reads at once: what is here already belongs to a request that has begun. */
  if (ulak_http_reaper_has_input (connection))
    ulak_http_connection_enter (connection, ULAK_HTTP_HEADERS, self->limits.header_timeout_ms);
  ulak_http_connection_attach (connection, remote);
  soup_server_accept_iostream (self->soup, G_IO_STREAM (stream), local, remote, NULL);
  if (connection->phase == ULAK_HTTP_IDLE)
    ulak_http_reaper_watch (connection);
}

static gboolean
acceptable_cb (GSocket *listening, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
  UlakHttpAcceptor *acceptor = user_data;
  UlakHttpServer *self = acceptor->server;

  for (guint i = 0; i < ACCEPTS_PER_TURN; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocket) socket = g_socket_accept (listening, NULL, &error);

      if (socket == NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      if (socket == NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
        {
          ulak_http_reaper_evict (self);
          ulak_http_listener_pause (self);
          return G_SOURCE_REMOVE;
        }
      if (socket != NULL)
        take_connection (self, socket);
    }
  return G_SOURCE_CONTINUE;
}

static void
acceptor_start (UlakHttpAcceptor *self)
{
  if (self->source != NULL)
    return;

  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (acceptable_cb), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static void
resume_cb (gpointer user_data)
{
  UlakHttpServer *self = user_data;

  self->resume_timer = 0;
  for (guint i = 0; i < self->acceptors->len && !self->is_draining; i++)
    acceptor_start (self->acceptors->pdata[i]);
}

/** ulak_http_listener_pause: accepting goes on by itself after a moment */
void
ulak_http_listener_pause (UlakHttpServer *self)
{
  ulak_log_info (NULL, "Out of file descriptors: accepting connections pauses for %d ms", RESUME_US / 1000);
  ulak_http_listener_stop (self);
  self->resume_timer = ulak_clock_add_timer (self->clock, RESUME_US, resume_cb, self);
}

/** ulak_http_listener_stop: no more accepting; the sockets stay open, so that clients wait in the backlog */
void
ulak_http_listener_stop (UlakHttpServer *self)
{
  ulak_clock_clear_timer (self->clock, &self->resume_timer);
  for (guint i = 0; i < self->acceptors->len; i++)
    acceptor_stop (self->acceptors->pdata[i]);
}

/**
 * ulak_http_server_add_socket:
 * @listening: a listening stream socket
 *
 * Accepts from it, beginning with the next turn of the main loop. May be called any number of times.
 */
void
ulak_http_server_add_socket (UlakHttpServer *self, GSocket *listening)
{
  UlakHttpAcceptor *acceptor = g_new0 (UlakHttpAcceptor, 1);

  if (self->acceptors == NULL)
    self->acceptors = g_ptr_array_new_with_free_func ((GDestroyNotify) acceptor_free);
  acceptor->server = self;
  acceptor->socket = g_object_ref (listening);
  g_socket_set_blocking (listening, FALSE);
  g_ptr_array_add (self->acceptors, acceptor);
  if (!self->is_draining)
    acceptor_start (acceptor);
}
