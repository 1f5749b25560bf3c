/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One download: find out where, open the spool file, then try: request what is missing, append it, and when all is there,
 * check and deliver it. A try that brought something does not count as a failure, so a large file may come in many pieces.
 */
#include "whatsapp/media/client-private.h"

#include "core/deadline.h"
#include "core/error.h"
#include "whatsapp/media/cipher-body.h"
#include "whatsapp/media/media-address.h"
#include "whatsapp/media/spool.h"

#include <gio/gunixoutputstream.h>

#define CHUNK_BYTES (64 * 1024)
#define REQUESTS_MAX 100 /* of one download, with all its pieces */
#define DAMAGED_MAX 2    /* times that a whole file was not the right one */

typedef struct
{
  UlakMediaReference *reference; /* (owned) */
  char *name;                    /* (owned): in the spool */
  char *path;                    /* (owned) (nullable): the direct path in use */
  UlakMediaHosts *hosts;         /* (owned) (nullable): the server did not tell */
  SoupMessage *message;          /* (owned) (nullable) */
  GInputStream *body;            /* (owned) (nullable) */
  GOutputStream *file;           /* (owned) (nullable): the spool's, which it closes */
  guint8 *chunk;                 /* (owned) */
  int fd;                        /* unowned: where it is delivered to */
  goffset max_bytes;
  goffset size_bytes;            /* in the spool */
  goffset whole_bytes;           /* of the file as it is on the host; -1: not known */
  goffset begun_bytes;           /* in the spool when this try began */
  guint failures;                /* tries in a row that brought nothing */
  guint requests;
  guint n_damaged;
  gboolean was_asked;            /* the phone */
  GCancellable *callers;         /* (owned) (nullable) */
  UlakDeadline *deadline;        /* (owned) (nullable): of this try */
  guint timer;                   /* until the next try */
  UlakClock *clock;              /* (owned) */
  GError *last;                  /* (owned) (nullable): why the last try failed */
} Download;

static void
end_try (Download *self)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
  g_clear_pointer (&self->deadline, ulak_deadline_free);
  g_clear_object (&self->message);
  g_clear_object (&self->body);
}

static void
download_free (gpointer data)
{
  Download *self = data;

  end_try (self);
  g_clear_object (&self->file);
  g_clear_object (&self->callers);
  g_clear_object (&self->clock);
  g_clear_error (&self->last);
  g_clear_pointer (&self->hosts, ulak_media_hosts_unref);
  ulak_media_reference_free (self->reference);
  g_free (self->name);
  g_free (self->path);
  g_free (self->chunk);
  g_free (self);
}

static void try_next (GTask *task /* (transfer full) */);

static void
fail (GTask *task /* (transfer full) */, GError *error /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);

  end_try (self);
  g_clear_object (&self->file);
  ulak_media_client_leave (client, self->name);
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void
delivered_removed_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Download *self = g_task_get_task_data (task);

  /* A file that stays is swept later. */
  ulak_spool_remove_finish (result, NULL);
  ulak_media_client_leave (g_task_get_source_object (task), self->name);
  g_task_return_boolean (task, TRUE);
}

/* --- the spool file --- */

static void
opened_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  GError *error = NULL;
  int fd = ulak_spool_open_finish (result, &self->size_bytes, &error);

  if (fd < 0)
    {
      fail (task, error);
      return;
    }
  self->file = g_unix_output_stream_new (fd, TRUE);
  try_next (task);
}

static void
open_spool (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);

  ulak_spool_open_async (client->spool, self->name, self->callers, opened_cb, task);
}

static void
dropped_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (!ulak_spool_remove_finish (result, &error))
    fail (task, error);
  else
    open_spool (task);
}

/* What is there is of no use: begin anew. */
static void
drop_spool (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);

  end_try (self);
  g_clear_object (&self->file);
  ulak_spool_remove_async (client->spool, self->name, dropped_cb, task);
}

/* --- delivery --- */

static void
delivered_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);
  GError *error = NULL;

  if (ulak_spool_deliver_finish (result, &error))
    {
      ulak_spool_remove_async (client->spool, self->name, delivered_removed_cb, task);
      return;
    }
  if ((g_error_matches (error, ULAK_ERROR, ULAK_ERROR_DAMAGED) || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID))
      && ++self->n_damaged < DAMAGED_MAX)
    {
      g_error_free (error);
      self->failures++;
      drop_spool (task);
      return;
    }
  if (error->domain == ULAK_ERROR)
    {
      ulak_spool_remove_async (client->spool, self->name, NULL, NULL);
      if (error->code == ULAK_ERROR_INVALID)
        error->code = ULAK_ERROR_DAMAGED;
    }
  fail (task, error);
}

static void
deliver (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);

  end_try (self);
  ulak_spool_deliver_async (client->spool, self->name, self->reference, self->fd, self->max_bytes, self->callers,
                            delivered_cb, task);
}

/* --- what comes after a try --- */

static void
waited_cb (gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);

  self->timer = 0;
  try_next (task);
}

/* @error: (transfer full): kept for the case that nothing else comes. */
static void
try_later (GTask *task /* (transfer full) */, GError *error, gint64 wait_ms)
{
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);

  self->failures = self->size_bytes > self->begun_bytes ? 1 : self->failures + 1;
  end_try (self);
  g_clear_error (&self->last);
  self->last = error;
  if (self->callers != NULL && g_cancellable_is_cancelled (self->callers))
    {
      fail (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The download was cancelled"));
      return;
    }
  if (self->failures >= ULAK_MEDIA_TRIES_MAX || self->requests >= REQUESTS_MAX
      || wait_ms > ULAK_MEDIA_RETRY_AFTER_MAX_S * 1000)
    {
      fail (task, g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The medium cannot be fetched now: %s",
                               self->last->message));
      return;
    }
  if (wait_ms == 0)
    wait_ms = ulak_media_client_get_wait_ms (client, self->failures);
  self->timer = ulak_clock_add_timer (self->clock, wait_ms * 1000, waited_cb, task);
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  GError *error = NULL;
  char *path = ulak_media_client_ask_finish (ULAK_MEDIA_CLIENT (source), result, &error);

  if (path == NULL)
    {
      fail (task, error);
      return;
    }
  g_free (self->path);
  self->path = path;
  self->failures = 0;
  try_next (task);
}

static void
ask_phone (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);

  end_try (self);
  if (self->was_asked)
    {
      fail (task, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_NOT_FOUND,
                                       "The medium is gone, also from the place that the phone named"));
      return;
    }
  self->was_asked = TRUE;
  ulak_media_client_ask_async (g_task_get_source_object (task), self->reference, asked_cb, task);
}

/* --- one try --- */

static void read_more (GTask *task /* (transfer full) */);

static goffset
get_limit (const Download *self)
{
  return self->whole_bytes >= 0 ? self->whole_bytes : self->max_bytes + 16 + ULAK_MEDIA_MAC_BYTES;
}

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  GError *error = NULL;
  gsize n;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, &n, &error))
    {
      g_autoptr (GError) fault = error;
      gboolean is_full = g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_NO_SPACE);

      fail (task, g_error_new (ULAK_ERROR, is_full ? ULAK_ERROR_FULL : ULAK_ERROR_FAILED,
                               "Cannot write the medium: %s", fault->message));
      return;
    }
  self->size_bytes += (goffset) n;
  read_more (task);
}

static void
end_of_body (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);

  if (self->whole_bytes >= 0 && self->size_bytes < self->whole_bytes)
    try_later (task, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_REMOTE, "The host sent less than the file has"), 0);
  else
    deliver (task);
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
      g_prefix_error (&error, "It was cut off: ");
      try_later (task, error, 0);
    }
  else if (n == 0)
    end_of_body (task);
  else if (self->size_bytes + n > get_limit (self))
    {
      ulak_spool_remove_async (ULAK_MEDIA_CLIENT (g_task_get_source_object (task))->spool, self->name, NULL, NULL);
      fail (task, g_error_new_literal (ULAK_ERROR, self->whole_bytes >= 0 ? ULAK_ERROR_DAMAGED : ULAK_ERROR_TOO_LARGE,
                                       "The host sends more bytes than the medium may have"));
    }
  else
    g_output_stream_write_all_async (self->file, self->chunk, (gsize) n, G_PRIORITY_DEFAULT, NULL, written_cb, task);
}

static void
read_more (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);

  g_input_stream_read_async (self->body, self->chunk, CHUNK_BYTES, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (self->deadline), read_cb, task);
}

static gboolean
continues_here (const Download *self)
{
  goffset start, end, total;

  return soup_message_headers_get_content_range (soup_message_get_response_headers (self->message), &start, &end, &total)
         && start == self->size_bytes;
}

static void
judge_status (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);
  guint status = soup_message_get_status (self->message);

  if ((status == SOUP_STATUS_OK && self->size_bytes == 0) || (status == SOUP_STATUS_PARTIAL_CONTENT && continues_here (self)))
    read_more (task);
  else if (status == SOUP_STATUS_OK || status == SOUP_STATUS_PARTIAL_CONTENT
           || status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)
    {
      self->failures++;
      drop_spool (task);
    }
  else if (status == SOUP_STATUS_FORBIDDEN || status == SOUP_STATUS_NOT_FOUND || status == SOUP_STATUS_GONE)
    ask_phone (task);
  else
    try_later (task, g_error_new (ULAK_ERROR, ULAK_ERROR_REMOTE, "The host answered %u", status),
               ulak_media_get_retry_after_ms (self->message, ulak_clock_get_wall_us (client->clock)));
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  GError *error = NULL;

  self->body = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (self->body == NULL)
    try_later (task, error, 0);
  else
    judge_status (task);
}

static void
begin_try (Download *self, UlakMediaClient *client)
{
  self->begun_bytes = self->size_bytes;
  self->requests++;
  self->deadline = ulak_deadline_new (client->clock, self->callers);
  ulak_deadline_set (self->deadline, ulak_media_get_deadline_us (get_limit (self)));
}

/* The hosts in turn; without a direct path the message's own URL. */
static GUri *
choose_address (UlakMediaClient *client, const Download *self, GError **error)
{
  guint n_hosts = self->hosts == NULL ? 0 : g_strv_length (self->hosts->names);
  guint turn = self->failures % (n_hosts + 1);

  if (self->path == NULL)
    return ulak_media_address_of_url (self->reference->url, error);
  return ulak_media_address_of_path (self->reference, turn < n_hosts ? self->hosts->names[turn] : client->host, self->path,
                                     error);
}

static void
request (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GUri) address = choose_address (client, self, &error);

  if (address == NULL)
    {
      fail (task, error);
      return;
    }
  begin_try (self, client);
  self->message = soup_message_new_from_uri (SOUP_METHOD_GET, address);
  soup_message_add_flags (self->message, SOUP_MESSAGE_NO_REDIRECT);
  ulak_media_add_headers (self->message);
  if (self->size_bytes > 0)
    soup_message_headers_set_range (soup_message_get_request_headers (self->message), self->size_bytes, -1);
  soup_session_send_async (client->session, self->message, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (self->deadline), sent_cb, task);
}

static void
try_next (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);

  if (self->whole_bytes >= 0 && self->size_bytes == self->whole_bytes)
    deliver (task);
  else if (self->whole_bytes >= 0 && self->size_bytes > self->whole_bytes)
    drop_spool (task);
  else
    request (task);
}

/* --- before the first try --- */

static void
hosts_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);

  /* Without an answer there is still the one host that everybody knows. */
  self->hosts = ulak_media_connection_get_finish (ULAK_MEDIA_CONNECTION (source), result, NULL);
  open_spool (task);
}

static void
path_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Download *self = g_task_get_task_data (task);
  UlakMediaClient *client = ULAK_MEDIA_CLIENT (source);
  char *path = ulak_media_client_find_path_finish (client, result);

  self->path = path != NULL ? path : g_strdup (self->reference->direct_path);
  ulak_media_connection_get_async (client->connection, hosts_cb, task);
}

static void
start (GTask *task /* (transfer full) */)
{
  Download *self = g_task_get_task_data (task);

  ulak_media_client_find_path_async (g_task_get_source_object (task), self->reference, path_cb, task);
}

static Download *
download_new (UlakMediaClient *client,
              const UlakMediaReference *reference,
              int fd,
              goffset max_bytes,
              GCancellable *cancellable)
{
  Download *self = g_new0 (Download, 1);

  self->reference = ulak_media_reference_copy (reference);
  self->name = ulak_spool_make_name (reference);
  self->fd = fd;
  self->max_bytes = max_bytes;
  self->whole_bytes = reference->summary.plain_size_bytes == ULAK_MEDIA_SIZE_UNKNOWN
                          ? -1
                          : ulak_cipher_body_count (&reference->summary, reference->is_encrypted);
  self->chunk = g_malloc (CHUNK_BYTES);
  self->clock = g_object_ref (client->clock);
  self->callers = cancellable == NULL ? NULL : g_object_ref (cancellable);
  return self;
}

void
ulak_media_client_download_async (UlakMediaClient *self,
                                  const UlakMediaReference *reference,
                                  int fd,
                                  goffset max_bytes,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  guint64 size_bytes = reference->summary.plain_size_bytes;
  Download *download;

  g_task_set_source_tag (task, ulak_media_client_download_async);
  if (size_bytes != ULAK_MEDIA_SIZE_UNKNOWN && size_bytes > (guint64) max_bytes)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                               "The medium has %" G_GUINT64_FORMAT " bytes; allowed are %" G_GOFFSET_FORMAT, size_bytes,
                               max_bytes);
      g_object_unref (task);
      return;
    }
  download = download_new (self, reference, fd, max_bytes, cancellable);
  g_task_set_task_data (task, download, download_free);
  ulak_media_client_enter (self, task, download->name, start);
}

gboolean
ulak_media_client_download_finish (UlakMediaClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
