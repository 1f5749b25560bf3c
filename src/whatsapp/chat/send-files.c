/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A file is uploaded before its message is planned, unless the network still has it.
 */
#include "whatsapp/chat/send-private.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/chat/verdicts.h"
#include "whatsapp/media/media-image.h"

/* --- files --- */

static void
measured_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChatSend *self = g_task_get_task_data (task);

  ulak_image_measure_finish (result, &self->plan->width, &self->plan->height);
  ulak_chat_send_plan (task);
}

static void
upload_is_there (GTask *task)
{
  UlakChatSend *self = g_task_get_task_data (task);

  if (self->media_kind == ULAK_MEDIA_KIND_IMAGE)
    ulak_image_measure_async (self->media_path, measured_cb, task);
  else
    ulak_chat_send_plan (task);
}

static void
end_for_media (GTask *task, const GError *error)
{
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND) || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID))
    ulak_chat_send_end (task, ulak_send_result_refuse ("E_WA_MEDIA", error->message));
  else
    ulak_chat_send_end_for_error (task, error);
}

static void
uploaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = ulak_chat_of_send (task);
  UlakChatSend *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autofree char *handle = NULL;

  self->plan->upload = ulak_media_client_upload_finish (ULAK_MEDIA_CLIENT (source), result, &error);
  if (self->plan->upload == NULL)
    {
      end_for_media (task, error);
      return;
    }
  handle = ulak_media_upload_to_handle (self->plan->upload);
  ulak_line_keep_media_handle (chat->line, self->media_id, handle,
                               ulak_clock_get_wall_us (chat->clock) + ULAK_MEDIA_HANDLE_DAYS * G_TIME_SPAN_DAY);
  upload_is_there (task);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = ulak_chat_of_send (task);
  UlakChatSend *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakMediaFile) file = ulak_line_find_media_finish (ULAK_LINE (source), result, &error);

  if (file == NULL)
    {
      end_for_media (task, error);
      return;
    }
  self->plan->mime_type = g_strdup (file->mime_type);
  self->plan->file_name = g_strdup (file->file_name);
  self->media_path = g_strdup (file->path);
  if (file->network_handle != NULL)
    self->plan->upload = ulak_media_upload_from_handle (file->network_handle, self->media_kind);
  if (self->plan->upload != NULL)
    upload_is_there (task);
  else
    ulak_media_client_upload_async (chat->media, self->media_kind, TRUE, file->path, NULL, uploaded_cb, task);
}

static const struct
{
  const char *name; /* of the content */
  UlakMediaKind kind;
} files[] = {
  { "image", ULAK_MEDIA_KIND_IMAGE },       { "video", ULAK_MEDIA_KIND_VIDEO },   { "audio", ULAK_MEDIA_KIND_AUDIO },
  { "document", ULAK_MEDIA_KIND_DOCUMENT }, { "sticker", ULAK_MEDIA_KIND_IMAGE },
};

gboolean
ulak_chat_send_has_file (JsonObject *document)
{
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    if (ulak_json_peek_object (document, files[i].name) != NULL)
      return TRUE;
  return FALSE;
}

void
ulak_chat_send_begin (GTask *task, JsonObject *document)
{
  UlakChat *chat = ulak_chat_of_send (task);
  UlakChatSend *self = g_task_get_task_data (task);

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      JsonObject *file = ulak_json_peek_object (document, files[i].name);

      if (file == NULL)
        continue;
      self->media_id = g_strdup (ulak_json_peek_string (file, "media_id"));
      self->media_kind = files[i].kind;
      break;
    }
  if (self->media_id == NULL)
    ulak_chat_send_plan (task);
  else if (chat->media == NULL)
    ulak_chat_send_end (task, ulak_send_result_refuse ("E_WA_MEDIA", "This line sends no files"));
  else
    ulak_line_find_media_async (chat->line, self->media_id, found_cb, task);
}
