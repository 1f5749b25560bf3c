/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/websocket.h"

#include "core/error.h"

struct _UlakWebsocket
{
  GObject parent;

  SoupSession *session;
  GUri *url;
  GCancellable *cancellable;
  SoupWebsocketConnection *connection; /* (nullable) */
  const UlakSocketEvents *events;      /* (nullable): before it is opened and after the last event */
  gpointer user_data;
  gsize unsent_bytes;
  GSource *drained_source; /* (nullable): armed while something may be unsent */
  gboolean is_sending;
  GError *late_error; /* (nullable): of a write that failed while it was handed in */
  GSource *late_source; /* (nullable): says it */
};

static void ulak_websocket_socket_init (UlakSocketInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakWebsocket, ulak_websocket, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_SOCKET, ulak_websocket_socket_init))

static void
clear_drained_source (UlakWebsocket *self)
{
  if (self->drained_source == NULL)
    return;
  g_source_destroy (self->drained_source);
  g_clear_pointer (&self->drained_source, g_source_unref);
}

static void
clear_late (UlakWebsocket *self)
{
  g_clear_error (&self->late_error);
  if (self->late_source == NULL)
    return;
  g_source_destroy (self->late_source);
  g_clear_pointer (&self->late_source, g_source_unref);
}

static void
let_go (UlakWebsocket *self)
{
  self->events = NULL;
  g_cancellable_cancel (self->cancellable);
  clear_drained_source (self);
  clear_late (self);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
}

static void
ulak_websocket_dispose (GObject *object)
{
  UlakWebsocket *self = ULAK_WEBSOCKET (object);

  let_go (self);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->session);
  g_clear_pointer (&self->url, g_uri_unref);
  G_OBJECT_CLASS (ulak_websocket_parent_class)->dispose (object);
}

static void
ulak_websocket_class_init (UlakWebsocketClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_websocket_dispose;
}

static void
ulak_websocket_init (UlakWebsocket *self)
{
  self->cancellable = g_cancellable_new ();
}

/* The last event. */
static void
say_closed (UlakWebsocket *self, const GError *why)
{
  const UlakSocketEvents *events = self->events;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakWebsocket) alive = g_object_ref (self);

  if (events == NULL)
    return;
  if (why == NULL)
    error = g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The server closed the connection");
  else
    error = g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The connection failed: %s", why->message);
  let_go (self);
  events->closed (error, self->user_data);
}

static void
message_cb (SoupWebsocketConnection *connection G_GNUC_UNUSED, int type, GBytes *message, gpointer user_data)
{
  UlakWebsocket *self = user_data;
  g_autoptr (UlakWebsocket) alive = g_object_ref (self);

  if (type == SOUP_WEBSOCKET_DATA_BINARY && self->events != NULL)
    self->events->received (message, self->user_data);
}

static gboolean
late_cb (gpointer user_data)
{
  UlakWebsocket *self = user_data;
  g_autoptr (GError) error = g_steal_pointer (&self->late_error);

  g_clear_pointer (&self->late_source, g_source_unref);
  say_closed (self, error);
  return G_SOURCE_REMOVE;
}

/* libsoup writes while it is given something to send: whoever sends is in the middle of something then, and may be closing. */
static void
say_late (UlakWebsocket *self, const GError *error)
{
  if (self->late_source != NULL)
    return;
  clear_drained_source (self); /* the stream is closed by the time that it would be polled */
  self->late_error = g_error_copy (error);
  self->late_source = g_idle_source_new ();
  g_source_set_priority (self->late_source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->late_source, late_cb, self, NULL);
  g_source_attach (self->late_source, g_main_context_get_thread_default ());
}

static void
error_cb (SoupWebsocketConnection *connection G_GNUC_UNUSED, GError *error, gpointer user_data)
{
  UlakWebsocket *self = user_data;

  if (self->is_sending)
    say_late (self, error);
  else
    say_closed (self, error);
}

static void
closed_cb (SoupWebsocketConnection *connection G_GNUC_UNUSED, gpointer user_data)
{
  say_closed (user_data, NULL);
}

static void
take_connection (UlakWebsocket *self, SoupWebsocketConnection *connection)
{
  self->connection = connection;
  soup_websocket_connection_set_max_incoming_payload_size (connection, ULAK_WEBSOCKET_PAYLOAD_MAX);
  g_signal_connect (connection, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (connection, "error", G_CALLBACK (error_cb), self);
  g_signal_connect (connection, "closed", G_CALLBACK (closed_cb), self);
  self->events->opened (self->user_data);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakWebsocket) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupWebsocketConnection) connection
      = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);

  if (self->events == NULL)
    return;
  if (connection == NULL)
    say_closed (self, error);
  else
    take_connection (self, g_steal_pointer (&connection));
}

static void
open_socket (UlakSocket *socket, const UlakSocketEvents *events, gpointer user_data)
{
  UlakWebsocket *self = ULAK_WEBSOCKET (socket);
  g_autoptr (SoupMessage) message = soup_message_new_from_uri (SOUP_METHOD_GET, self->url);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  self->events = events;
  self->user_data = user_data;
  soup_message_headers_append (headers, "Cache-Control", "no-cache");
  soup_message_headers_append (headers, "Pragma", "no-cache");
  soup_session_websocket_connect_async (self->session, message, ULAK_WEBSOCKET_ORIGIN, NULL, G_PRIORITY_DEFAULT,
                                        self->cancellable, connected_cb, g_object_ref (self));
}

/* Runs when the stream is writable and libsoup, whose source goes first, has nothing left to write. */
static gboolean
drained_cb (GObject *stream G_GNUC_UNUSED, gpointer user_data)
{
  UlakWebsocket *self = user_data;

  self->unsent_bytes = 0;
  g_clear_pointer (&self->drained_source, g_source_unref);
  return G_SOURCE_REMOVE;
}

static void
watch_drained (UlakWebsocket *self)
{
  GIOStream *stream = soup_websocket_connection_get_io_stream (self->connection);

  if (self->drained_source != NULL)
    return;
  self->drained_source
      = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream)), NULL);
  g_source_set_priority (self->drained_source, G_PRIORITY_DEFAULT + 1);
  g_source_set_callback (self->drained_source, G_SOURCE_FUNC (drained_cb), self, NULL);
  g_source_attach (self->drained_source, g_main_context_get_thread_default ());
}

static void
send_bytes (UlakSocket *socket, const guint8 *bytes, gsize size_bytes)
{
  UlakWebsocket *self = ULAK_WEBSOCKET (socket);

  if (self->connection == NULL || soup_websocket_connection_get_state (self->connection) != SOUP_WEBSOCKET_STATE_OPEN)
    return;
  self->is_sending = TRUE;
  soup_websocket_connection_send_binary (self->connection, bytes, size_bytes);
  self->is_sending = FALSE;
  if (self->late_source != NULL)
    return;
  self->unsent_bytes += size_bytes;
  watch_drained (self);
}

static gsize
count_unsent (UlakSocket *socket)
{
  return ULAK_WEBSOCKET (socket)->unsent_bytes;
}

static void
abandon (UlakSocket *socket)
{
  let_go (ULAK_WEBSOCKET (socket));
}

static void
ulak_websocket_socket_init (UlakSocketInterface *interface)
{
  interface->open = open_socket;
  interface->send = send_bytes;
  interface->count_unsent = count_unsent;
  interface->abandon = abandon;
}

/** ulak_websocket_session_new: no proxy resolver (a library and a thread less), no decoder and no dialogue of libsoup's own */
SoupSession *
ulak_websocket_session_new (void)
{
  SoupSession *session = soup_session_new_with_options ("timeout", ULAK_WEBSOCKET_TIMEOUT_S, NULL);

  soup_session_set_proxy_resolver (session, NULL);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  return session;
}

/** ulak_websocket_new: @url: ws or wss */
UlakSocket *
ulak_websocket_new (SoupSession *session, GUri *url)
{
  UlakWebsocket *self = g_object_new (ULAK_TYPE_WEBSOCKET, NULL);

  self->session = g_object_ref (session);
  self->url = g_uri_ref (url);
  return ULAK_SOCKET (self);
}
