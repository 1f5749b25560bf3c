/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sending one message: each medium of the line that it names is looked up and, unless the network still has it, checked and
 * uploaded; then the request is built and posted.
 */
#include "whatsapp/cloud/cloud-call.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/cloud/graph-request.h"
#include "whatsapp/cloud/media-limits.h"
#include "whatsapp/cloud/sticker.h"

/* Meta keeps uploads for 30 days; the last of them is left to messages that wait. */
#define HANDLE_VALID_US (G_GINT64_CONSTANT (29) * 24 * 3600 * G_USEC_PER_SEC)

typedef struct
{
  UlakCloud cloud;
  char *phone_number_id;     /* (owned): cloud's own may be replaced meanwhile */
  char *id;                  /* (owned) */
  char *chat;                /* (owned) */
  JsonObject *message;       /* (owned) */
  char *reply_to_network_id; /* (owned) (nullable) */
  GPtrArray *uses;           /* (owned) (element-type UlakGraphMediaUse) */
  guint next_use;
  GHashTable *handles;       /* (owned) (element-type utf8 utf8) */
  GCancellable *cancellable; /* (owned) (nullable) */
  UlakMediaFile *sticker;    /* (owned) (nullable): while it is looked at */
} Send;

static void
send_free (gpointer data)
{
  Send *self = data;

  g_object_unref (self->cloud.client);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->sticker, ulak_media_file_free);
  g_ptr_array_unref (self->uses);
  g_hash_table_unref (self->handles);
  json_object_unref (self->message);
  g_free (self->reply_to_network_id);
  g_free (self->chat);
  g_free (self->phone_number_id);
  g_free (self->id);
  g_free (self);
}

static void
finish (GTask *task /* (transfer full) */, UlakJudgement *judgement /* (transfer full) */)
{
  g_task_return_pointer (task, judgement, (GDestroyNotify) ulak_judgement_free);
  g_object_unref (task);
}

static UlakJudgement *
judge_now (Send *self, const UlakGraphAnswer *answer)
{
  return ulak_judgement_new (answer, ulak_clock_get_wall_us (self->cloud.clock));
}

/* A success has to name the message; one that does not leaves open what became of it. */
static void
take_network_id (UlakJudgement *judgement, JsonObject *json)
{
  UlakSendResult *result = judgement->result;
  JsonObject *message = ulak_json_peek_first (json, "messages");
  JsonObject *contact = ulak_json_peek_first (json, "contacts");
  const char *network_id = message == NULL ? NULL : ulak_json_peek_string (message, "id");
  const char *recipient = contact == NULL ? NULL : ulak_json_peek_string (contact, "wa_id");

  if (recipient == NULL && contact != NULL)
    recipient = ulak_json_peek_string (contact, "user_id");
  if (network_id != NULL && *network_id != '\0')
    {
      result->network_id = g_strdup (network_id);
      result->recipient = g_strdup (recipient);
      return;
    }
  result->outcome = ULAK_SEND_UNKNOWN;
  result->error_code = g_strdup ("E_WA_ANSWER");
  result->error_message = g_strdup ("The answer is a success and names no message");
}

static void
posted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Send *self = g_task_get_task_data (task);
  g_autoptr (UlakGraphAnswer) answer = ulak_graph_client_call_finish (ULAK_GRAPH_CLIENT (source), result);
  UlakJudgement *judgement = judge_now (self, answer);

  if (judgement->result->outcome == ULAK_SEND_ACCEPTED)
    take_network_id (judgement, answer->json);
  finish (task, judgement);
}

static void
post (GTask *task /* (transfer full) */)
{
  Send *self = g_task_get_task_data (task);
  UlakOutbound outbound = { .id = self->id,
                            .chat = self->chat,
                            .message = self->message,
                            .reply_to_network_id = self->reply_to_network_id };
  g_autoptr (GError) error = NULL;
  g_autofree char *body = ulak_graph_request_build (&outbound, self->handles, &error);
  g_autofree char *path = g_strdup_printf ("%s/messages", self->phone_number_id);

  if (body == NULL)
    finish (task, ulak_judgement_new_failed ("E_WA_UNSUPPORTED", error->message));
  else
    ulak_graph_client_post_async (self->cloud.client, path, body, self->cancellable, posted_cb, task);
}

/* --- media --- */

static void next_medium (GTask *task /* (transfer full) */);

static UlakGraphMediaUse *
current_use (Send *self)
{
  return g_ptr_array_index (self->uses, self->next_use);
}

static void
take_handle (GTask *task /* (transfer full) */, const char *handle)
{
  Send *self = g_task_get_task_data (task);

  g_hash_table_insert (self->handles, g_strdup (current_use (self)->media_id), g_strdup (handle));
  self->next_use++;
  next_medium (task);
}

/* An upload twice does no harm: what is unclear is simply done again. */
static void
finish_upload (GTask *task /* (transfer full) */, UlakJudgement *judgement /* (transfer full) */)
{
  if (judgement->result->outcome == ULAK_SEND_ACCEPTED)
    {
      judgement->result->error_code = g_strdup ("E_WA_ANSWER");
      judgement->result->error_message = g_strdup ("The answer to an upload names no medium");
    }
  if (judgement->result->outcome == ULAK_SEND_ACCEPTED || judgement->result->outcome == ULAK_SEND_UNKNOWN)
    judgement->result->outcome = ULAK_SEND_RETRY;
  finish (task, judgement);
}

static void
uploaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Send *self = g_task_get_task_data (task);
  g_autoptr (UlakGraphAnswer) answer = ulak_graph_client_call_finish (ULAK_GRAPH_CLIENT (source), result);
  g_autoptr (UlakJudgement) judgement = judge_now (self, answer);
  const char *handle = ulak_graph_answer_is_success (answer) ? ulak_json_peek_string (answer->json, "id") : NULL;

  if (handle == NULL)
    {
      finish_upload (task, g_steal_pointer (&judgement));
      return;
    }
  ulak_line_keep_media_handle (self->cloud.line, current_use (self)->media_id, handle,
                               ulak_clock_get_wall_us (self->cloud.clock) + HANDLE_VALID_US);
  take_handle (task, handle);
}

static void
upload (GTask *task /* (transfer full) */, const UlakMediaFile *file)
{
  Send *self = g_task_get_task_data (task);
  g_autofree char *path = g_strdup_printf ("%s/media", self->phone_number_id);

  ulak_graph_client_upload_async (self->cloud.client, path, file->path, file->mime_type, file->file_name,
                                  self->cancellable, uploaded_cb, task);
}

static void
refuse_medium (GTask *task /* (transfer full) */, const GError *error)
{
  gboolean is_size = g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);

  finish (task, ulak_judgement_new_failed (is_size ? "E_WA_MEDIA_SIZE" : "E_WA_MEDIA_TYPE", error->message));
}

static void
sticker_checked_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Send *self = g_task_get_task_data (task);
  g_autoptr (UlakMediaFile) file = g_steal_pointer (&self->sticker);
  g_autoptr (GError) error = NULL;

  if (!ulak_sticker_check_finish (result, &error) && error->domain == ULAK_ERROR)
    refuse_medium (task, error);
  else
    upload (task, file); /* which says what is wrong with a file that cannot be read */
}

static void
medium_found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Send *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakMediaFile) file = ulak_line_find_media_finish (ULAK_LINE (source), result, &error);
  UlakJudgement *judgement;

  if (file == NULL)
    {
      judgement = ulak_judgement_new_failed ("E_WA_MEDIA_FILE", error->message);
      if (!g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
        judgement->result->outcome = ULAK_SEND_RETRY;
      finish (task, judgement);
      return;
    }
  if (!ulak_media_limits_check (current_use (self)->kind, file->mime_type, file->size_bytes, &error))
    refuse_medium (task, error);
  else if (file->network_handle != NULL)
    take_handle (task, file->network_handle);
  else if (g_str_equal (current_use (self)->kind, "sticker") && file->size_bytes > ULAK_STICKER_STILL_MAX_BYTES)
    {
      self->sticker = g_steal_pointer (&file);
      ulak_sticker_check_async (self->sticker->path, self->cancellable, sticker_checked_cb, task);
    }
  else
    upload (task, file);
}

static void
next_medium (GTask *task /* (transfer full) */)
{
  Send *self = g_task_get_task_data (task);

  while (self->next_use < self->uses->len && g_hash_table_contains (self->handles, current_use (self)->media_id))
    self->next_use++;
  if (self->next_use == self->uses->len)
    post (task);
  else
    ulak_line_find_media_async (self->cloud.line, current_use (self)->media_id, medium_found_cb, task);
}

/** ulak_cloud_send_async: @outbound: copied */
void
ulak_cloud_send_async (const UlakCloud *cloud,
                       const UlakOutbound *outbound,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (cloud->line, NULL, callback, user_data);
  Send *self = g_new0 (Send, 1);

  g_task_set_source_tag (task, ulak_cloud_send_async);
  self->cloud = *cloud;
  g_object_ref (self->cloud.client);
  self->phone_number_id = g_strdup (cloud->phone_number_id);
  self->id = g_strdup (outbound->id);
  self->chat = g_strdup (outbound->chat);
  self->message = json_object_ref (outbound->message);
  self->reply_to_network_id = g_strdup (outbound->reply_to_network_id);
  self->uses = ulak_graph_request_list_media (outbound->message);
  self->handles = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->cancellable = cancellable == NULL ? NULL : g_object_ref (cancellable);
  g_task_set_task_data (task, self, send_free);
  next_medium (task);
}

UlakJudgement *
ulak_cloud_send_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
