/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Reaper: closes connections that nobody uses.
 *
 * Two parts. A watch on each idle connection sees the client's close before libsoup does (priority high against default)
 * and closes our side through the last message; libsoup 3.2.3 would keep the descriptor for ever. One sweep over all
 * connections cuts those past their deadline: cheaper than a timer per request, exact enough for deadlines of seconds.
 */
#include "api/http-private.h"

#include <errno.h>
#include <sys/socket.h>

#define SWEEP_MIN_MS 20
#define SWEEP_MAX_MS 1000

/* TRUE: there is something to read; a closed connection counts as input too unless it is told apart. */
static gssize
peek (UlakHttpConnection *connection)
{
  char byte;
  gssize n_bytes = recv (g_socket_get_fd (connection->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

  if (n_bytes < 0)
    return errno == EAGAIN || errno == EINTR ? -1 : 0;
  return n_bytes;
}

gboolean
ulak_http_reaper_has_input (UlakHttpConnection *connection)
{
  return peek (connection) > 0;
}

static gboolean
idle_readable_cb (G_GNUC_UNUSED GSocket *socket, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
  UlakHttpConnection *connection = user_data;
  gssize n_bytes = peek (connection);

  if (n_bytes < 0)
    return G_SOURCE_CONTINUE;

  if (n_bytes > 0)
    ulak_http_connection_enter (connection, ULAK_HTTP_HEADERS, connection->server->limits.header_timeout_ms);
  else
    ulak_http_connection_cut (connection);
  g_clear_pointer (&connection->idle_watch, g_source_unref);
  return G_SOURCE_REMOVE;
}

/** ulak_http_reaper_watch: from now on a client's close or the first byte of its next request is seen */
void
ulak_http_reaper_watch (UlakHttpConnection *connection)
{
  if (connection->idle_watch != NULL || g_socket_is_closed (connection->socket))
    return;

  connection->idle_watch = g_socket_create_source (connection->socket, G_IO_IN, NULL);
  g_source_set_priority (connection->idle_watch, G_PRIORITY_HIGH);
  g_source_set_callback (connection->idle_watch, G_SOURCE_FUNC (idle_readable_cb), connection, NULL);
  g_source_attach (connection->idle_watch, g_main_context_get_thread_default ());
}

void
ulak_http_reaper_unwatch (UlakHttpConnection *connection)
{
  if (connection->idle_watch == NULL)
    return;

  g_source_destroy (connection->idle_watch);
  g_clear_pointer (&connection->idle_watch, g_source_unref);
}

/** ulak_http_reaper_evict: closes the connection that has been idle longest; FALSE if none is idle */
gboolean
ulak_http_reaper_evict (UlakHttpServer *self)
{
  UlakHttpConnection *oldest = NULL, *connection;
  GHashTableIter iter;

  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, (gpointer *) &connection, NULL))
    if (connection->phase == ULAK_HTTP_IDLE && connection->was_served
        && (oldest == NULL || connection->since_us < oldest->since_us) && !ulak_http_reaper_has_input (connection))
      oldest = connection;
  if (oldest == NULL)
    return FALSE;

  ulak_http_connection_cut (oldest);
  return TRUE;
}

static gint64
sweep_interval_us (UlakHttpServer *self)
{
  gint64 shortest_ms = MIN (self->limits.header_timeout_ms, self->limits.idle_timeout_ms);

  shortest_ms = MIN (shortest_ms, self->limits.body_timeout_ms);
  return CLAMP (shortest_ms / 4, SWEEP_MIN_MS, SWEEP_MAX_MS) * 1000;
}

static void
sweep_cb (gpointer user_data)
{
  UlakHttpServer *self = user_data;
  gint64 now_us = ulak_clock_get_monotonic_us (self->clock);
  UlakHttpConnection *connection;
  GHashTableIter iter;

  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, (gpointer *) &connection, NULL))
    if (connection->deadline_us != 0 && connection->deadline_us <= now_us)
      ulak_http_connection_cut (connection);
  self->sweep_timer = ulak_clock_add_timer (self->clock, sweep_interval_us (self), sweep_cb, self);
}

void
ulak_http_reaper_start (UlakHttpServer *self)
{
  self->sweep_timer = ulak_clock_add_timer (self->clock, sweep_interval_us (self), sweep_cb, self);
}
