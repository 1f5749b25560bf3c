/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The next piece is read only after libsoup wrote the last one, so that the client's pace is the file's.
 */
#include "api/media-stream.h"

#include <gio/gunixinputstream.h>

#define PIECE_BYTES (64 * 1024)

typedef struct
{
  UlakRequest *request; /* (owned) */
  GInputStream *input;  /* (owned) */
  guint64 left_bytes;   /* of what Content-Length promised */
  gboolean is_reading;
  gboolean is_gone;
} MediaStream;

static void
stream_free (MediaStream *self)
{
  g_object_unref (self->input);
  ulak_request_unref (self->request);
  g_free (self);
}

/* A file that is shorter than promised: only a broken connection tells the client so. */
static void
end (MediaStream *self)
{
  SoupServerMessage *message = ulak_request_get_message (self->request);

  if (self->left_bytes > 0)
    ulak_http_connection_cut (ulak_request_get_connection (self->request));
  else
    {
      soup_message_body_complete (soup_server_message_get_response_body (message));
      soup_server_message_unpause (message);
    }
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MediaStream *self = user_data;
  g_autoptr (GBytes) piece = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
  gsize size_bytes = piece == NULL ? 0 : g_bytes_get_size (piece);
  SoupServerMessage *message = ulak_request_get_message (self->request);

  self->is_reading = FALSE;
  if (self->is_gone || message == NULL)
    {
      stream_free (self);
      return;
    }
  if (size_bytes == 0)
    {
      end (self);
      return;
    }
  self->left_bytes -= size_bytes;
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), piece);
  soup_server_message_unpause (message);
}

static void
read_next (MediaStream *self)
{
  if (self->left_bytes == 0)
    {
      end (self);
      return;
    }
  self->is_reading = TRUE;
  g_input_stream_read_bytes_async (self->input, MIN (self->left_bytes, PIECE_BYTES), G_PRIORITY_DEFAULT, NULL, read_cb,
                                   self);
}

static void
wrote_chunk_cb (G_GNUC_UNUSED SoupServerMessage *message, gpointer user_data)
{
  MediaStream *self = user_data;

  if (!self->is_reading && !self->is_gone)
    read_next (self);
}

static void
gone_cb (gpointer user_data)
{
  MediaStream *self = user_data;

  self->is_gone = TRUE;
  if (!self->is_reading)
    stream_free (self);
}

/**
 * ulak_media_stream_start:
 * @request: not yet answered
 * @fd: (transfer full): read from where it stands
 * @size_bytes: what there is to read
 */
void
ulak_media_stream_start (UlakRequest *request, int fd, guint64 size_bytes, const char *mime_type)
{
  SoupServerMessage *message = ulak_request_get_message (request);
  MediaStream *self = g_new0 (MediaStream, 1);

  self->request = ulak_request_ref (request);
  self->input = g_unix_input_stream_new (fd, TRUE);
  self->left_bytes = size_bytes;
  soup_message_headers_set_content_length (soup_server_message_get_response_headers (message), (goffset) size_bytes);
  g_signal_connect (message, "wrote-chunk", G_CALLBACK (wrote_chunk_cb), self);
  ulak_request_set_gone_func (request, gone_cb, self);
  ulak_request_begin_stream (request, 200, mime_type);
  read_next (self);
}
