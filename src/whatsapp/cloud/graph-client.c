/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A call runs through: token -> file (uploads) -> request -> body -> answer. A refused token sends it back to its start
 * once, with the token looked up anew; that is safe since a refusal is certain.
 */
#include "whatsapp/cloud/graph-client.h"

#include "core/deadline.h"
#include "core/error.h"
#include "core/json.h"
#include "whatsapp/cloud/graph-download.h"
#include "whatsapp/cloud/graph-error.h"
#include "whatsapp/cloud/graph-session.h"
#include "whatsapp/cloud/upload-body.h"

#include <string.h>

#define CHUNK_BYTES (64 * 1024)

struct _UlakGraphClient
{
  GObject parent_instance;

  SoupSession *session; /* (owned) */
  GUri *base;           /* (owned) */
  char *version;        /* (owned) */
  gint64 timeout_ms;
  UlakToken *token;     /* (owned) */
  UlakClock *clock;     /* (owned) */
  UlakRandom *random;   /* (owned) */
  UlakMetrics *metrics; /* (owned) (nullable) */
  char *account;        /* (owned): a metrics label */
};

G_DEFINE_FINAL_TYPE (UlakGraphClient, ulak_graph_client, G_TYPE_OBJECT)

typedef struct
{
  UlakGraphClient *client; /* unowned: the task holds it */
  char *path;              /* (owned) */
  GBytes *body;            /* (owned) (nullable): POST of JSON */
  char *file_path;         /* (owned) (nullable): POST of a file */
  char *mime_type;         /* (owned) (nullable) */
  char *file_name;         /* (owned) (nullable) */
  GFileInputStream *file;  /* (owned) (nullable): open */
  goffset file_bytes;

  UlakSecret *secret;        /* (owned) (nullable): the token that it was sent with */
  SoupMessage *message;      /* (owned) (nullable): the current try */
  GByteArray *answer;        /* (owned) */
  guint8 *chunk;             /* (owned) */
  UlakDeadline *deadline;    /* (owned) */
  gboolean has_left;
  gboolean has_new_token; /* the second try after a refused token */
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_pointer (&call->deadline, ulak_deadline_free);
  g_clear_object (&call->file);
  if (call->message != NULL)
    g_signal_handlers_disconnect_by_data (call->message, call);
  g_clear_object (&call->message);
  g_clear_pointer (&call->secret, ulak_secret_unref);
  g_clear_pointer (&call->body, g_bytes_unref);
  g_clear_pointer (&call->answer, g_byte_array_unref);
  g_free (call->chunk);
  g_free (call->path);
  g_free (call->file_path);
  g_free (call->mime_type);
  g_free (call->file_name);
  g_free (call);
}

static void send_with_token (GTask *task /* (transfer full) */);

/* --- the end of a call --- */

static const char *
outcome_of (const UlakGraphAnswer *answer)
{
  if (answer->fault != ULAK_GRAPH_FAULT_NONE)
    return answer->fault == ULAK_GRAPH_FAULT_UNCLEAR ? "unclear" : "not_sent";
  if (answer->status >= 200 && answer->status < 300)
    return "success";
  return answer->status == 429 ? "throttled" : answer->status >= 500 ? "server_error"
                                                                     : "refused";
}

static void
finish (GTask *task /* (transfer full) */, UlakGraphAnswer *answer)
{
  Call *call = g_task_get_task_data (task);
  UlakMetrics *metrics = call->client->metrics;

  ulak_deadline_unset (call->deadline);
  if (metrics != NULL)
    ulak_metrics_add (metrics, "ulak_graph_requests_total", ULAK_LABELS (call->client->account, outcome_of (answer)),
                      1);
  g_task_return_pointer (task, answer, (GDestroyNotify) ulak_graph_answer_free);
  g_object_unref (task);
}

static UlakGraphAnswer *
new_fault (UlakGraphFault fault, const char *code, const char *why)
{
  UlakGraphAnswer *answer = g_new0 (UlakGraphAnswer, 1);

  answer->fault = fault;
  answer->fault_code = code;
  answer->why = g_strdup (why);
  return answer;
}

static void
finish_with_transport_error (GTask *task /* (transfer full) */, const GError *error)
{
  Call *call = g_task_get_task_data (task);
  gboolean is_timeout = ulak_deadline_is_late (call->deadline) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  const char *code = is_timeout ? "E_WA_TIMEOUT" : error->domain == G_TLS_ERROR ? "E_WA_TLS"
                                                                                : "E_WA_NETWORK";
  g_autofree char *why = NULL;

  if (is_timeout)
    why = g_strdup ("The network did not answer in time");
  else
    why = g_strdup_printf ("Cannot reach the network: %s", error->message);
  finish (task, new_fault (call->has_left ? ULAK_GRAPH_FAULT_UNCLEAR : ULAK_GRAPH_FAULT_NOT_SENT, code, why));
}

/* --- the answer --- */

static UlakGraphAnswer *
new_answer (Call *call)
{
  UlakGraphAnswer *answer = g_new0 (UlakGraphAnswer, 1);
  SoupMessageHeaders *headers = soup_message_get_response_headers (call->message);

  answer->status = soup_message_get_status (call->message);
  answer->retry_after = g_strdup (soup_message_headers_get_one (headers, "Retry-After"));
  if (call->answer->len <= ULAK_GRAPH_ANSWER_MAX_BYTES)
    answer->json = ulak_json_parse_object ((const char *) call->answer->data, call->answer->len,
                                           &ULAK_JSON_LIMITS_ANSWER, NULL);
  return answer;
}

static gboolean
is_refused_token (const UlakGraphAnswer *answer)
{
  g_autoptr (UlakGraphError) error = NULL;

  if (ulak_graph_answer_is_success (answer))
    return FALSE;
  error = ulak_graph_error_new (answer->status, answer->json, NULL, 0);
  return error->rule->effect == ULAK_GRAPH_EFFECT_TOKEN;
}

static void
finish_with_answer (GTask *task /* (transfer full) */)
{
  Call *call = g_task_get_task_data (task);
  UlakGraphAnswer *answer = new_answer (call);

  if (is_refused_token (answer) && !call->has_new_token)
    {
      ulak_graph_answer_free (answer);
      call->has_new_token = TRUE;
      call->has_left = FALSE;
      ulak_token_forget (call->client->token, call->secret);
      send_with_token (task);
      return;
    }
  if (is_refused_token (answer))
    ulak_token_forget (call->client->token, call->secret);
  finish (task, answer);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GInputStream *stream = G_INPUT_STREAM (source);
  GTask *task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_read_finish (stream, result, &error);

  /* A refusal whose body was cut is still a refusal; a cut success may or may not have named the message. */
  if (n < 0 && SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (call->message)))
    {
      finish_with_transport_error (task, error);
      return;
    }
  if (n > 0)
    g_byte_array_append (call->answer, call->chunk, (guint) n);
  if (n <= 0 || call->answer->len > ULAK_GRAPH_ANSWER_MAX_BYTES)
    {
      g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
      finish_with_answer (task);
      return;
    }
  g_input_stream_read_async (stream, call->chunk, CHUNK_BYTES, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (call->deadline), read_cb, task);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);

  if (stream == NULL)
    {
      finish_with_transport_error (task, error);
      return;
    }

  g_byte_array_set_size (call->answer, 0);
  g_input_stream_read_async (stream, call->chunk, CHUNK_BYTES, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (call->deadline), read_cb, task);
}

/* --- the request --- */

static void
wrote_headers_cb (SoupMessage *message G_GNUC_UNUSED, gpointer user_data)
{
  Call *call = user_data;

  call->has_left = TRUE;
}

static GUri *
new_url (UlakGraphClient *self, const char *path)
{
  g_autofree char *prefix = g_strdup (g_uri_get_path (self->base));
  g_auto (GStrv) parts = g_strsplit (path, "?", 2);
  g_autofree char *full = NULL;

  if (g_str_has_suffix (prefix, "/"))
    prefix[strlen (prefix) - 1] = '\0';
  full = g_strdup_printf ("%s/%s/%s", prefix, self->version, parts[0]);
  return g_uri_build (SOUP_HTTP_URI_FLAGS, g_uri_get_scheme (self->base), NULL, g_uri_get_host (self->base),
                      g_uri_get_port (self->base), full, parts[1], NULL);
}

static char *
new_boundary (UlakRandom *random)
{
  guint8 bytes[16];
  GString *text = g_string_new ("ulak");

  ulak_random_fill (random, bytes, sizeof bytes);
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

static void
set_file_body (Call *call)
{
  g_autofree char *boundary = new_boundary (call->client->random);
  g_autoptr (UlakUploadBody) body = ulak_upload_body_new (G_INPUT_STREAM (call->file), call->file_bytes,
                                                          call->mime_type, call->file_name, boundary);
  g_autofree char *content_type = ulak_upload_body_dup_content_type (body);

  soup_message_set_request_body (call->message, content_type, G_INPUT_STREAM (body),
                                 ulak_upload_body_get_length (body));
}

static void
start_deadline (Call *call)
{
  gint64 deadline_ms = call->client->timeout_ms + call->file_bytes / ULAK_GRAPH_SLOWEST_BYTES_PER_MS;

  ulak_deadline_set (call->deadline, deadline_ms * 1000);
}

static void
send_request (GTask *task /* (transfer full) */)
{
  Call *call = g_task_get_task_data (task);
  g_autoptr (GUri) url = new_url (call->client, call->path);
  gboolean is_post = call->body != NULL || call->file != NULL;

  g_clear_object (&call->message);
  call->message = soup_message_new_from_uri (is_post ? SOUP_METHOD_POST : SOUP_METHOD_GET, url);
  soup_message_add_flags (call->message, SOUP_MESSAGE_NO_REDIRECT);
  if (is_post)
    ulak_graph_session_reuse_connection (call->message);
  if (call->body != NULL)
    soup_message_set_request_body_from_bytes (call->message, "application/json", call->body);
  if (call->file != NULL)
    set_file_body (call);
  ulak_token_put_on (call->secret, soup_message_get_request_headers (call->message));

  g_signal_connect (call->message, "wrote-headers", G_CALLBACK (wrote_headers_cb), call);
  start_deadline (call);
  soup_session_send_async (call->client->session, call->message, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (call->deadline), sent_cb, task);
}

/* --- the file of an upload --- */

static void
file_known_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInfo) info = g_file_input_stream_query_info_finish (G_FILE_INPUT_STREAM (source), result, &error);

  if (info == NULL)
    {
      finish (task, new_fault (ULAK_GRAPH_FAULT_NOT_SENT, "E_WA_MEDIA_FILE", error->message));
      return;
    }
  call->file_bytes = g_file_info_get_size (info);
  send_request (task);
}

static void
file_open_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  g_clear_object (&call->file);
  call->file = g_file_read_finish (G_FILE (source), result, &error);
  if (call->file == NULL)
    {
      finish (task, new_fault (ULAK_GRAPH_FAULT_NOT_SENT, "E_WA_MEDIA_FILE", error->message));
      return;
    }
  g_file_input_stream_query_info_async (call->file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_PRIORITY_DEFAULT,
                                        ulak_deadline_get_cancellable (call->deadline), file_known_cb, task);
}

static void
open_file (GTask *task /* (transfer full) */)
{
  Call *call = g_task_get_task_data (task);
  g_autoptr (GFile) file = g_file_new_for_path (call->file_path);

  g_file_read_async (file, G_PRIORITY_DEFAULT, ulak_deadline_get_cancellable (call->deadline), file_open_cb, task);
}

/* --- the token --- */

static void
token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&call->secret, ulak_secret_unref);
  call->secret = ulak_token_get_finish (ULAK_TOKEN (source), result, &error);
  if (call->secret == NULL)
    {
      finish (task, new_fault (ULAK_GRAPH_FAULT_NOT_SENT, ulak_token_error_code (error), error->message));
      return;
    }
  if (call->file_path != NULL)
    open_file (task);
  else
    send_request (task);
}

static void
send_with_token (GTask *task /* (transfer full) */)
{
  Call *call = g_task_get_task_data (task);

  ulak_token_get_async (call->client->token, ulak_deadline_get_cancellable (call->deadline), token_cb, task);
}

/* --- calls --- */

static Call *
new_call (UlakGraphClient *self,
          const char *path,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data,
          GTask **task_out)
{
  /* The task does not get the caller's cancellable: a cancelled call still says whether it had left. */
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Call *call = g_new0 (Call, 1);

  g_task_set_source_tag (task, new_call);
  call->client = self;
  call->path = g_strdup (path);
  call->answer = g_byte_array_new ();
  call->chunk = g_malloc (CHUNK_BYTES);
  call->deadline = ulak_deadline_new (self->clock, cancellable);
  g_task_set_task_data (task, call, call_free);
  *task_out = task;
  return call;
}

/** ulak_graph_client_get_async: GET /{version}/{path} */
void
ulak_graph_client_get_async (UlakGraphClient *self,
                             const char *path,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  new_call (self, path, cancellable, callback, user_data, &task);
  send_with_token (task);
}

/** ulak_graph_client_post_async: POST /{version}/{path} with a JSON body */
void
ulak_graph_client_post_async (UlakGraphClient *self,
                              const char *path,
                              const char *json,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GTask *task;
  Call *call = new_call (self, path, cancellable, callback, user_data, &task);

  call->body = g_bytes_new (json, strlen (json));
  send_with_token (task);
}

/**
 * ulak_graph_client_upload_async:
 * @path: for example "106540352242922/media"
 * @file_path: a file that does not change while it is sent
 *
 * POST of a form with the file. The caller has checked its type and size (media-limits.h).
 */
void
ulak_graph_client_upload_async (UlakGraphClient *self,
                                const char *path,
                                const char *file_path,
                                const char *mime_type,
                                const char *file_name,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;
  Call *call = new_call (self, path, cancellable, callback, user_data, &task);

  call->file_path = g_strdup (file_path);
  call->mime_type = g_strdup (mime_type);
  call->file_name = g_strdup (file_name);
  send_with_token (task);
}

UlakGraphAnswer *
ulak_graph_client_call_finish (UlakGraphClient *self, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), NULL);
}

/**
 * ulak_graph_client_download_async:
 * @download: copied, but for the file descriptor
 *
 * Fetches a medium with the token, streamed into the descriptor by worker threads. Finishes with %ULAK_ERROR_NOT_ALLOWED (the
 * URL is not the network's), %ULAK_ERROR_TOO_LARGE, %ULAK_ERROR_DAMAGED (another SHA-256), %ULAK_ERROR_REMOTE,
 * %ULAK_ERROR_TIMED_OUT or the file's error.
 */
void
ulak_graph_client_download_async (UlakGraphClient *self,
                                  const UlakGraphDownload *download,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  const UlakGraphTransport transport
      = { G_OBJECT (self), self->session, self->base, self->token, self->clock, self->timeout_ms };

  ulak_graph_download_async (&transport, download, cancellable, callback, user_data);
}

gboolean
ulak_graph_client_download_finish (UlakGraphClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/** ulak_graph_client_forget_token: the secret may have changed; the next call looks it up */
void
ulak_graph_client_forget_token (UlakGraphClient *self)
{
  ulak_token_forget (self->token, NULL);
}

static void
ulak_graph_client_dispose (GObject *object)
{
  UlakGraphClient *self = ULAK_GRAPH_CLIENT (object);

  if (self->session != NULL)
    soup_session_abort (self->session);
  g_clear_object (&self->session);
  g_clear_object (&self->token);
  G_OBJECT_CLASS (ulak_graph_client_parent_class)->dispose (object);
}

static void
ulak_graph_client_finalize (GObject *object)
{
  UlakGraphClient *self = ULAK_GRAPH_CLIENT (object);

  g_clear_pointer (&self->base, g_uri_unref);
  g_free (self->version);
  g_free (self->account);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->metrics, ulak_metrics_unref);
  G_OBJECT_CLASS (ulak_graph_client_parent_class)->finalize (object);
}

static void
ulak_graph_client_class_init (UlakGraphClientClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_graph_client_dispose;
  G_OBJECT_CLASS (klass)->finalize = ulak_graph_client_finalize;
}

static void
ulak_graph_client_init (UlakGraphClient *self G_GNUC_UNUSED)
{
}

/** ulak_graph_client_new: @options: copied; base_url must be a valid absolute URL (the configuration checks it) */
UlakGraphClient *
ulak_graph_client_new (const UlakGraphClientOptions *options)
{
  UlakGraphClient *self = g_object_new (ULAK_TYPE_GRAPH_CLIENT, NULL);

  self->base = g_uri_parse (options->base_url, SOUP_HTTP_URI_FLAGS, NULL);
  g_assert (self->base != NULL);
  self->version = g_strdup (options->version);
  self->account = g_strdup (options->account);
  self->timeout_ms = options->timeout_ms;
  self->token = ulak_token_new (options->secrets, options->token_secret);
  self->clock = g_object_ref (options->clock);
  self->random = g_object_ref (options->random);
  self->metrics = options->metrics == NULL ? NULL : ulak_metrics_ref (options->metrics);
  self->session = ulak_graph_session_new (options->max_connections, options->timeout_ms);
  return self;
}
