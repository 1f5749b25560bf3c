/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/http-private.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

static GQuark
connection_quark (void)
{
  return g_quark_from_static_string ("ulak-http-connection");
}

static void
take_address (UlakHttpConnection *self)
{
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (self->socket, NULL);
  GInetAddress *address;

  self->is_unix = g_socket_get_family (self->socket) == G_SOCKET_FAMILY_UNIX;
  if (self->is_unix || !G_IS_INET_SOCKET_ADDRESS (remote))
    {
      self->address = g_strdup ("unix");
      return;
    }

  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
  self->address = g_inet_address_to_string (address);
  self->is_loopback = g_inet_address_get_is_loopback (address);
}

UlakHttpConnection *
ulak_http_connection_new (UlakHttpServer *server, GSocket *socket)
{
  UlakHttpConnection *self = g_new0 (UlakHttpConnection, 1);

  g_ref_count_init (&self->refs);
  self->server = server;
  self->socket = g_object_ref (socket);
  take_address (self);
  ulak_http_connection_enter (self, ULAK_HTTP_IDLE, server->limits.header_timeout_ms);
  return self;
}

UlakHttpConnection *
ulak_http_connection_ref (UlakHttpConnection *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
ulak_http_connection_unref (UlakHttpConnection *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  ulak_http_reaper_unwatch (self);
  g_clear_handle_id (&self->close_source, g_source_remove);
  g_clear_object (&self->message);
  g_clear_object (&self->socket);
  g_free (self->last_words);
  g_free (self->address);
  g_free (self);
}

/** ulak_http_connection_attach: lets messages find their connection: they share the remote address object */
void
ulak_http_connection_attach (UlakHttpConnection *self, GSocketAddress *remote)
{
  g_object_set_qdata_full (G_OBJECT (remote), connection_quark (), ulak_http_connection_ref (self),
                           (GDestroyNotify) ulak_http_connection_unref);
}

UlakHttpConnection *
ulak_http_connection_of (SoupServerMessage *message)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  return remote == NULL ? NULL : g_object_get_qdata (G_OBJECT (remote), connection_quark ());
}

/* timeout_ms: 0 for no deadline. */
void
ulak_http_connection_enter (UlakHttpConnection *self, UlakHttpPhase phase, gint64 timeout_ms)
{
  self->phase = phase;
  self->since_us = ulak_clock_get_monotonic_us (self->server->clock);
  ulak_http_connection_extend (self, timeout_ms);
}

void
ulak_http_connection_extend (UlakHttpConnection *self, gint64 timeout_ms)
{
  self->deadline_us
      = timeout_ms == 0 ? 0 : ulak_clock_get_monotonic_us (self->server->clock) + timeout_ms * 1000;
}

void
ulak_http_connection_let_go_of_body (UlakHttpConnection *self)
{
  if (self->server != NULL)
    self->server->held_bytes -= self->held_bytes;
  self->held_bytes = 0;
}

void
ulak_http_connection_hold_message (UlakHttpConnection *self, SoupServerMessage *message)
{
  ulak_http_connection_let_go_of_body (self);
  g_set_object (&self->message, message);
  self->body_bytes = 0;
  self->body_limit_bytes = 0;
}

void
ulak_http_connection_drop_exchange (UlakHttpConnection *self)
{
  gpointer exchange = g_steal_pointer (&self->exchange);

  if (exchange != NULL)
    self->exchange_gone (exchange);
}

static void
close_now (UlakHttpConnection *self)
{
  g_autoptr (SoupServerMessage) message = g_steal_pointer (&self->message);
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (UlakClock) clock = self->server == NULL ? NULL : g_object_ref (self->server->clock);

  ulak_http_reaper_unwatch (self);
  ulak_http_connection_drop_exchange (self);
  ulak_http_connection_let_go_of_body (self);
  if (message != NULL)
    stream = soup_server_message_steal_connection (message);
  if (stream == NULL)
    return;

  if (self->last_words != NULL && clock != NULL)
    ulak_http_linger (stream, self->socket, clock);
  else
    g_io_stream_close (stream, NULL, NULL);
}

static gboolean
close_cb (gpointer user_data)
{
  UlakHttpConnection *self = user_data;

  self->close_source = 0;
  close_now (self);
  return G_SOURCE_REMOVE;
}

/* libsoup asserts that only a message that it is working on is paused. */
static gboolean
is_served (UlakHttpConnection *self)
{
  return self->message != NULL
         && (self->phase == ULAK_HTTP_BODY || self->phase == ULAK_HTTP_HANDLING || self->phase == ULAK_HTTP_WRITING);
}

static void
close_soon (UlakHttpConnection *self)
{
  if (self->phase == ULAK_HTTP_CLOSING)
    return;

  if (is_served (self))
    soup_server_message_pause (self->message);
  ulak_http_connection_enter (self, ULAK_HTTP_CLOSING, 0);
  self->close_source = g_idle_add_full (G_PRIORITY_HIGH, close_cb, ulak_http_connection_ref (self),
                                        (GDestroyNotify) ulak_http_connection_unref);
}

/**
 * ulak_http_connection_cut:
 *
 * Closes the connection from the main loop, whatever it is doing; nothing is answered.
 */
void
ulak_http_connection_cut (UlakHttpConnection *self)
{
  if (self->server != NULL)
    close_soon (self);
}

/**
 * ulak_http_connection_refuse:
 * @answer: (transfer full): a whole HTTP answer with `Connection: close`
 *
 * Answers a request whose body is not wanted. The message is paused at once, so that libsoup reads no further; what the
 * client still sends is read and thrown away for a moment, because a close with unread input would
 * reset the connection before the client has seen the answer.
 */
void
ulak_http_connection_refuse (UlakHttpConnection *self, char *answer)
{
  if (self->server == NULL || self->phase == ULAK_HTTP_CLOSING)
    {
      g_free (answer);
      return;
    }

  self->last_words = answer;
  (void) g_socket_send (self->socket, answer, strlen (answer), NULL, NULL);
  close_soon (self);
}

/** ulak_http_connection_closed: the stream is gone; called by the listener */
void
ulak_http_connection_closed (UlakHttpConnection *self)
{
  ulak_http_reaper_unwatch (self);
  ulak_http_connection_drop_exchange (self);
  ulak_http_connection_let_go_of_body (self);
  g_clear_handle_id (&self->close_source, g_source_remove);
  g_clear_object (&self->message);
  self->server = NULL;
}

SoupServerMessage *
ulak_http_connection_get_message (UlakHttpConnection *self)
{
  return self->message;
}

const char *
ulak_http_connection_get_address (UlakHttpConnection *self)
{
  return self->address;
}

gboolean
ulak_http_connection_is_local (UlakHttpConnection *self)
{
  return self->is_unix || self->is_loopback;
}

gboolean
ulak_http_connection_is_draining (UlakHttpConnection *self)
{
  return self->server == NULL || self->server->is_draining;
}

void
ulak_http_connection_set_body_limit (UlakHttpConnection *self, guint64 limit_bytes)
{
  self->body_limit_bytes = limit_bytes;
}

/**
 * ulak_http_connection_set_exchange:
 * @exchange: (transfer full): given to @gone when the message ended, however that was
 */
void
ulak_http_connection_set_exchange (UlakHttpConnection *self, gpointer exchange, GDestroyNotify gone)
{
  ulak_http_connection_drop_exchange (self);
  self->exchange = exchange;
  self->exchange_gone = gone;
}

gpointer
ulak_http_connection_get_exchange (UlakHttpConnection *self)
{
  return self->exchange;
}
