/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linger: closes a connection whose client may still be sending.
 *
 * A close with unread input makes the kernel reset the connection, and the client then never sees the answer. So the
 * writing side is shut, what still comes is read and thrown away until the client closes, and after LINGER_MS or
 * LINGER_BYTES the connection is closed anyway.
 */
#include "api/http-private.h"

#define LINGER_MS 2000                      /* as nginx's lingering_timeout does, shorter */
#define LINGER_BYTES (64 * 1024 * 1024)     /* arbitrary: a client that sends more does not listen */
#define LINGER_READ_BYTES (64 * 1024)

typedef struct
{
  GIOStream *stream; /* (owned) */
  GSocket *socket;   /* (owned) */
  UlakClock *clock;  /* (owned) */
  GSource *source;   /* (owned) */
  guint timer;
  gsize taken_bytes;
} Linger;

static void
linger_end (Linger *self)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_io_stream_close (self->stream, NULL, NULL);
  g_object_unref (self->stream);
  g_object_unref (self->socket);
  g_object_unref (self->clock);
  g_free (self);
}

static void
timeout_cb (gpointer user_data)
{
  Linger *self = user_data;

  self->timer = 0;
  linger_end (self);
}

static gboolean
readable_cb (GSocket *socket, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
  Linger *self = user_data;
  static char waste[LINGER_READ_BYTES]; /* never looked at */
  g_autoptr (GError) error = NULL;
  gssize n_bytes = g_socket_receive (socket, waste, sizeof waste, NULL, &error);

  if (n_bytes < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;

  self->taken_bytes += (gsize) MAX (n_bytes, 0);
  if (n_bytes > 0 && self->taken_bytes < LINGER_BYTES)
    return G_SOURCE_CONTINUE;

  linger_end (self);
  return G_SOURCE_REMOVE;
}

/**
 * ulak_http_linger:
 * @stream: a connection taken from libsoup
 * @socket: its socket; the answer was sent
 */
void
ulak_http_linger (GIOStream *stream, GSocket *socket, UlakClock *clock)
{
  Linger *self = g_new0 (Linger, 1);

  self->stream = g_object_ref (stream);
  self->socket = g_object_ref (socket);
  self->clock = g_object_ref (clock);
  (void) g_socket_shutdown (socket, FALSE, TRUE, NULL);
  self->source = g_socket_create_source (socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (readable_cb), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  self->timer = ulak_clock_add_timer (clock, LINGER_MS * 1000, timeout_cb, self);
}
