/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One upload: take the hashes on a thread, learn the hosts, then post to one host after the other. A body that broke off is
 * sent anew from its beginning: the hosts know no resuming.
 */
#include "whatsapp/media/client-private.h"

#include "core/deadline.h"
#include "core/error.h"
#include "core/json.h"
#include "whatsapp/media/cipher-body.h"
#include "whatsapp/media/media-address.h"
#include "whatsapp/media/media-kind.h"

#define ANSWER_MAX_BYTES 65536
#define STATUS_TOO_MANY_REQUESTS 429
#define REFUSALS_MAX 2 /* times that a host did not take our auth */

typedef struct
{
  UlakMediaUpload *upload; /* (owned): the result in the making */
  char *path;              /* (owned) */
  UlakMediaHosts *hosts;   /* (owned) (nullable) */
  SoupMessage *message;    /* (owned) (nullable) */
  UlakClock *clock;        /* (owned) */
  GCancellable *callers;   /* (owned) (nullable) */
  UlakDeadline *deadline;    /* (owned) (nullable): of this try */
  guint timer;
  guint tries;
  guint n_refused;
  char *answer; /* (owned) (nullable) */
} Upload;

void
ulak_media_upload_free (UlakMediaUpload *self)
{
  if (self == NULL)
    return;
  ulak_key_clear (&self->media_key);
  g_free (self->url);
  g_free (self->direct_path);
  g_free (self->media_id);
  g_free (self);
}

static void
end_try (Upload *self)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
  g_clear_pointer (&self->deadline, ulak_deadline_free);
  g_clear_object (&self->message);
  g_clear_pointer (&self->answer, g_free);
}

static void
upload_free (gpointer data)
{
  Upload *self = data;

  end_try (self);
  g_clear_object (&self->clock);
  g_clear_object (&self->callers);
  g_clear_pointer (&self->hosts, ulak_media_hosts_unref);
  g_clear_pointer (&self->upload, ulak_media_upload_free);
  g_free (self->path);
  g_free (self);
}

static void
leave (GTask *task)
{
  end_try (g_task_get_task_data (task));
  ulak_media_client_leave (g_task_get_source_object (task), NULL);
}

static void
fail (GTask *task /* (transfer full) */, GError *error /* (transfer full) */)
{
  leave (task);
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void find_hosts (GTask *task /* (transfer full) */);

static void
waited_cb (gpointer user_data)
{
  GTask *task = user_data;

  ((Upload *) g_task_get_task_data (task))->timer = 0;
  find_hosts (task);
}

/* @error: (transfer full): is told if this was the last try. */
static void
try_later (GTask *task /* (transfer full) */, GError *error, gint64 wait_ms)
{
  Upload *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);

  end_try (self);
  if (self->callers != NULL && g_cancellable_is_cancelled (self->callers))
    {
      g_error_free (error);
      fail (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The upload was cancelled"));
      return;
    }
  if (self->tries >= ULAK_MEDIA_TRIES_MAX || wait_ms > ULAK_MEDIA_RETRY_AFTER_MAX_S * 1000)
    {
      fail (task, error);
      return;
    }
  g_error_free (error);
  if (wait_ms == 0)
    wait_ms = ulak_media_client_get_wait_ms (client, self->tries);
  self->timer = ulak_clock_add_timer (self->clock, wait_ms * 1000, waited_cb, task);
}

/* --- the answer --- */

static gboolean
keep_answer (UlakMediaUpload *upload, const char *text, gsize size_bytes)
{
  g_autoptr (JsonObject) json = ulak_json_parse_object (text, size_bytes, &ULAK_JSON_LIMITS_ANSWER, NULL);
  const char *url = json == NULL ? NULL : ulak_json_peek_string (json, "url");
  const char *path = json == NULL ? NULL : ulak_json_peek_string (json, "direct_path");

  if (url == NULL || path == NULL || *path != '/' || strlen (path) > ULAK_MEDIA_PATH_MAX
      || strlen (url) > ULAK_MEDIA_PATH_MAX)
    return FALSE;
  upload->url = g_strdup (url);
  upload->direct_path = g_strdup (path);
  upload->media_id = g_strdup (ulak_json_peek_string (json, "handle"));
  return TRUE;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Upload *self = g_task_get_task_data (task);
  GError *error = NULL;
  gsize n;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &n, &error))
    {
      GError *fault = g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The media host's answer broke off: %s",
                                   error->message);

      g_error_free (error);
      try_later (task, fault, 0);
    }
  else if (!keep_answer (self->upload, self->answer, n))
    try_later (task, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_REMOTE,
                                          "The media host took the file and did not say where it is"), 0);
  else
    {
      self->upload->key_time_s = ulak_clock_get_wall_us (self->clock) / G_USEC_PER_SEC;
      leave (task);
      g_task_return_pointer (task, g_steal_pointer (&self->upload), (GDestroyNotify) ulak_media_upload_free);
      g_object_unref (task);
    }
}

/* A host that does not take our word: ask the server for a new one, and lose no time. */
static void
refused (GTask *task /* (transfer full) */, guint status)
{
  Upload *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);

  ulak_media_connection_forget (client->connection, self->hosts);
  if (++self->n_refused > REFUSALS_MAX)
    fail (task, g_error_new (ULAK_ERROR, ULAK_ERROR_REMOTE, "The media host refuses the upload (%u)", status));
  else
    {
      end_try (self);
      find_hosts (task);
    }
}

static void
judge (GTask *task /* (transfer full) */, GInputStream *body)
{
  Upload *self = g_task_get_task_data (task);
  guint status = soup_message_get_status (self->message);
  gint64 wait_ms = ulak_media_get_retry_after_ms (self->message, ulak_clock_get_wall_us (self->clock));

  if (status == SOUP_STATUS_OK)
    {
      self->answer = g_malloc (ANSWER_MAX_BYTES);
      g_input_stream_read_all_async (body, self->answer, ANSWER_MAX_BYTES, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (self->deadline), read_cb,
                                     task);
    }
  else if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN)
    refused (task, status);
  else if (status >= 500 || status == STATUS_TOO_MANY_REQUESTS || status == SOUP_STATUS_REQUEST_TIMEOUT)
    try_later (task, g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The media host answered %u", status), wait_ms);
  else
    try_later (task, g_error_new (ULAK_ERROR, ULAK_ERROR_REMOTE, "The media host refuses the file (%u)", status), wait_ms);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;
  g_autoptr (GInputStream) body = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  GError *fault;

  if (body != NULL)
    {
      judge (task, body);
      return;
    }
  fault = g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The media host cannot be reached: %s", error->message);
  g_error_free (error);
  try_later (task, fault, 0);
}

/* --- one try --- */

static void
begin_try (Upload *self, goffset size_bytes)
{
  self->tries++;
  self->deadline = ulak_deadline_new (self->clock, self->callers);
  ulak_deadline_set (self->deadline, ulak_media_get_deadline_us (size_bytes));
}

static GUri *
choose_address (const Upload *self, GError **error)
{
  const UlakMediaUpload *upload = self->upload;
  guint turn = (self->tries - 1 - MIN (self->n_refused, self->tries - 1)) % g_strv_length (self->hosts->names);

  return ulak_media_address_for_upload (upload->kind, upload->is_encrypted,
                                        upload->is_encrypted ? upload->summary.encrypted_sha256
                                                             : upload->summary.plain_sha256,
                                        self->hosts->names[turn], self->hosts->auth, error);
}

/* A machine that is short of descriptors is no reason to give a message up. (transfer full) */
static GError *
new_file_error (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return g_error_new_literal (ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "The medium's file is gone");
  return g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The medium's file cannot be read now: %s", error->message);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Upload *self = g_task_get_task_data (task);
  UlakMediaClient *client = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GFileInputStream) file = g_file_read_finish (G_FILE (source), result, &error);
  g_auto (UlakMediaKeys) keys = { 0 };
  g_autoptr (UlakCipherBody) body = NULL;
  g_autoptr (GUri) address = NULL;
  goffset size_bytes = ulak_cipher_body_count (&self->upload->summary, self->upload->is_encrypted);

  if (file == NULL)
    {
      fail (task, new_file_error (error));
      g_error_free (error);
      return;
    }
  begin_try (self, size_bytes);
  address = choose_address (self, &error);
  if (address == NULL)
    {
      fail (task, error);
      return;
    }
  ulak_media_keys_derive (&keys, &self->upload->media_key, self->upload->kind);
  body = ulak_cipher_body_new (G_INPUT_STREAM (file), self->upload->is_encrypted ? &keys : NULL, &self->upload->summary);
  self->message = soup_message_new_from_uri (SOUP_METHOD_POST, address);
  soup_message_add_flags (self->message, SOUP_MESSAGE_NO_REDIRECT);
  ulak_media_add_headers (self->message);
  soup_message_set_request_body (self->message, "application/octet-stream", G_INPUT_STREAM (body), size_bytes);
  soup_session_send_async (client->session, self->message, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (self->deadline), sent_cb, task);
}

static void
hosts_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Upload *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GFile) file = NULL;

  g_clear_pointer (&self->hosts, ulak_media_hosts_unref);
  self->hosts = ulak_media_connection_get_finish (ULAK_MEDIA_CONNECTION (source), result, &error);
  if (self->hosts == NULL)
    {
      GError *fault = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, error->message);

      g_error_free (error);
      fail (task, fault);
      return;
    }
  file = g_file_new_for_path (self->path);
  g_file_read_async (file, G_PRIORITY_DEFAULT, self->callers, opened_cb, task);
}

static void
find_hosts (GTask *task /* (transfer full) */)
{
  UlakMediaClient *client = g_task_get_source_object (task);

  ulak_media_connection_get_async (client->connection, hosts_cb, task);
}

/* --- the hashes --- */

static void
summarize_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable)
{
  Upload *self = data;
  UlakMediaUpload *upload = self->upload;
  g_autoptr (GFile) file = g_file_new_for_path (self->path);
  GError *error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, &error);
  g_auto (UlakMediaKeys) keys = { 0 };

  ulak_media_keys_derive (&keys, &upload->media_key, upload->kind);
  if (stream == NULL)
    g_task_return_error (task, new_file_error (error));
  else if (!ulak_cipher_body_summarize (G_INPUT_STREAM (stream), upload->is_encrypted ? &keys : NULL, cancellable,
                                        &upload->summary, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
    }
  else if (upload->summary.plain_size_bytes == 0)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_INVALID, "The medium's file is empty");
  else
    g_task_return_boolean (task, TRUE);
  g_clear_error (&error);
}

static void
summarized_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    find_hosts (task);
  else
    fail (task, error);
}

static void
start (GTask *task /* (transfer full) */)
{
  Upload *self = g_task_get_task_data (task);
  g_autoptr (GTask) work = g_task_new (NULL, self->callers, summarized_cb, task);

  g_task_set_source_tag (work, start);
  g_task_set_task_data (work, self, NULL); /* the task keeps it until the work is done */
  g_task_run_in_thread (work, summarize_thread);
}

void
ulak_media_client_upload_async (UlakMediaClient *self,
                                UlakMediaKind kind,
                                gboolean is_encrypted,
                                const char *path,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Upload *upload = g_new0 (Upload, 1);

  g_task_set_source_tag (task, ulak_media_client_upload_async);
  upload->upload = g_new0 (UlakMediaUpload, 1);
  upload->upload->kind = kind;
  upload->upload->is_encrypted = is_encrypted;
  ulak_random_fill (self->key_random, upload->upload->media_key.bytes, ULAK_KEY_BYTES);
  upload->path = g_strdup (path);
  upload->clock = g_object_ref (self->clock);
  upload->callers = cancellable == NULL ? NULL : g_object_ref (cancellable);
  g_task_set_task_data (task, upload, upload_free);
  ulak_media_client_enter (self, task, NULL, start);
}

UlakMediaUpload *
ulak_media_client_upload_finish (UlakMediaClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- handles: an upload as text, to be used again --- */

char *
ulak_media_upload_to_handle (const UlakMediaUpload *self)
{
  UlakMediaReference reference = { .kind = self->kind,
                                   .is_encrypted = self->is_encrypted,
                                   .direct_path = self->direct_path,
                                   .url = self->url,
                                   .media_key = self->media_key,
                                   .summary = self->summary };
  g_autoptr (JsonObject) json = ulak_media_reference_write (&reference);

  ulak_key_clear (&reference.media_key);
  json_object_set_int_member (json, "key_time", self->key_time_s);
  if (self->media_id != NULL)
    json_object_set_string_member (json, "media_id", self->media_id);
  return ulak_json_print_object (json);
}

UlakMediaUpload *
ulak_media_upload_from_handle (const char *handle, UlakMediaKind kind)
{
  g_autoptr (JsonObject) json = ulak_json_parse_object (handle, strlen (handle), &ULAK_JSON_LIMITS_EVENT, NULL);
  g_autoptr (UlakMediaReference) reference = json == NULL ? NULL : ulak_media_reference_read (json, NULL);
  UlakMediaUpload *self;

  if (reference == NULL || reference->kind != kind || reference->direct_path == NULL)
    return NULL;
  self = g_new0 (UlakMediaUpload, 1);
  self->kind = kind;
  self->is_encrypted = reference->is_encrypted;
  self->url = g_steal_pointer (&reference->url);
  self->direct_path = g_steal_pointer (&reference->direct_path);
  self->media_id = g_strdup (ulak_json_peek_string (json, "media_id"));
  self->media_key = reference->media_key;
  self->summary = reference->summary;
  self->key_time_s = ulak_json_peek_integer (json, "key_time", 0);
  return self;
}
