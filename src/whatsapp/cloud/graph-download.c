/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/graph-download.h"

#include "core/deadline.h"
#include "core/error.h"
#include "whatsapp/cloud/graph-session.h"

#include <gio/gunixoutputstream.h>
#include <string.h>

#define CHUNK_BYTES (64 * 1024)
#define DIGEST_BYTES 32

typedef struct
{
  SoupSession *session; /* (owned) */
  UlakToken *token;     /* (owned) */
  UlakClock *clock;     /* (owned) */
  GUri *url;            /* (owned) */
  SoupMessage *message; /* (owned) (nullable) */
  GInputStream *body;   /* (owned) (nullable) */
  GOutputStream *file;  /* (owned) */
  GChecksum *checksum;  /* (owned) */
  guint8 *chunk;        /* (owned) */
  char *sha256;         /* (owned) (nullable) */
  goffset max_bytes;
  goffset size_bytes;
  gint64 deadline_ms;
  UlakDeadline *deadline; /* (owned) */
} Download;

static void
download_free (gpointer data)
{
  Download *self = data;

  g_clear_pointer (&self->deadline, ulak_deadline_free);
  g_clear_object (&self->message);
  g_clear_object (&self->body);
  g_clear_object (&self->file);
  g_clear_object (&self->token);
  g_clear_object (&self->clock);
  g_clear_object (&self->session);
  g_clear_pointer (&self->url, g_uri_unref);
  g_clear_pointer (&self->checksum, g_checksum_free);
  g_free (self->chunk);
  g_free (self->sha256);
  g_free (self);
}

/**
 * ulak_graph_sha256_equals:
 * @digest: 32 bytes
 * @expected: hex or base64: Meta's media nodes have the former, its callbacks the latter
 */
gboolean
ulak_graph_sha256_equals (const guint8 *digest, const char *expected)
{
  g_autofree guchar *decoded = NULL;
  gsize size;

  if (strlen (expected) == 2 * DIGEST_BYTES)
    {
      for (gsize i = 0; i < DIGEST_BYTES; i++)
        if (g_ascii_xdigit_value (expected[2 * i]) * 16 + g_ascii_xdigit_value (expected[2 * i + 1]) != digest[i])
          return FALSE;
      return TRUE;
    }
  decoded = g_base64_decode (expected, &size);
  return size == DIGEST_BYTES && memcmp (decoded, digest, size) == 0;
}

static void
fail (GTask *task /* (transfer full) */, GError *error /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);

  if (ulak_deadline_is_late (self->deadline))
    {
      g_clear_error (&error);
      error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_TIMED_OUT, "The medium did not arrive in time");
    }
  ulak_deadline_unset (self->deadline);
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void
finish (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);
  guint8 digest[DIGEST_BYTES];
  gsize size = sizeof digest;

  g_checksum_get_digest (self->checksum, digest, &size);
  if (self->sha256 != NULL && !ulak_graph_sha256_equals (digest, self->sha256))
    {
      fail (task, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_DAMAGED,
                                       "The medium is not the one that was announced: its SHA-256 differs"));
      return;
    }
  ulak_deadline_unset (self->deadline);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void read_next (GTask *task /* (transfer full) */);

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    fail (task, error);
  else
    read_next (task);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  if (n < 0)
    {
      g_prefix_error (&error, "The medium was cut off: ");
      fail (task, error);
      return;
    }
  if (n == 0)
    {
      finish (task);
      return;
    }
  self->size_bytes += n;
  if (self->size_bytes > self->max_bytes)
    {
      fail (task, g_error_new (ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The medium is larger than %" G_GINT64_FORMAT " bytes",
                               (gint64) self->max_bytes));
      return;
    }
  g_checksum_update (self->checksum, self->chunk, n);
  g_output_stream_write_all_async (self->file, self->chunk, (gsize) n, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (self->deadline),
                                   written_cb, task);
}

static void
read_next (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);

  g_input_stream_read_async (self->body, self->chunk, CHUNK_BYTES, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (self->deadline), read_cb,
                             task);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  GError *error = NULL;
  guint status;

  self->body = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (self->body == NULL)
    {
      GError *refused = g_error_new (ULAK_ERROR, ULAK_ERROR_REMOTE, "The medium cannot be fetched: %s", error->message);

      g_error_free (error);
      fail (task, refused);
      return;
    }
  status = soup_message_get_status (self->message);
  if (status != SOUP_STATUS_OK)
    {
      fail (task,
            g_error_new (ULAK_ERROR, ULAK_ERROR_REMOTE, "The network answered %u to the fetch of a medium", status));
      return;
    }
  read_next (task);
}

static void
token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (UlakSecret) secret = ulak_token_get_finish (ULAK_TOKEN (source), result, &error);

  if (secret == NULL)
    {
      fail (task, error);
      return;
    }
  self->message = soup_message_new_from_uri (SOUP_METHOD_GET, self->url);
  soup_message_add_flags (self->message, SOUP_MESSAGE_NO_REDIRECT);
  ulak_token_put_on (secret, soup_message_get_request_headers (self->message));
  ulak_deadline_set (self->deadline, self->deadline_ms * 1000);
  soup_session_send_async (self->session, self->message, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (self->deadline), sent_cb, task);
}

static Download *
download_new (const UlakGraphTransport *transport,
              const UlakGraphDownload *download,
              GUri *url,
              GCancellable *cancellable)
{
  Download *self = g_new0 (Download, 1);

  self->session = g_object_ref (transport->session);
  self->token = g_object_ref (transport->token);
  self->clock = g_object_ref (transport->clock);
  self->deadline_ms = transport->timeout_ms + download->max_bytes / ULAK_GRAPH_SLOWEST_BYTES_PER_MS;
  self->url = g_uri_ref (url);
  self->file = g_unix_output_stream_new (download->fd, FALSE);
  self->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  self->chunk = g_malloc (CHUNK_BYTES);
  self->sha256 = g_strdup (download->sha256);
  self->max_bytes = download->max_bytes;
  self->deadline = ulak_deadline_new (transport->clock, cancellable);
  return self;
}

/** ulak_graph_download_async: see ulak_graph_client_download_async() */
void
ulak_graph_download_async (const UlakGraphTransport *transport,
                           const UlakGraphDownload *download,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (transport->source, NULL, callback, user_data);
  g_autoptr (GUri) url = g_uri_parse (download->url, SOUP_HTTP_URI_FLAGS, NULL);
  GError *error = NULL;

  g_task_set_source_tag (task, ulak_graph_download_async);
  if (url == NULL)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_REMOTE, "The network names no usable URL for the medium");
      return;
    }
  if (!ulak_graph_session_may_carry_token (transport->base, url, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  g_task_set_task_data (task, download_new (transport, download, url, cancellable), download_free);
  ulak_token_get_async (transport->token, NULL, token_cb, g_steal_pointer (&task));
}
