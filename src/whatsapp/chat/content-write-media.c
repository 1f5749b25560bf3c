/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies that are files: the upload says where the file is, the send document how it is shown.
 */
#include "whatsapp/chat/content-writing.h"

#include "core/json.h"

static char *
peek (JsonObject *object, const char *name)
{
  return (char *) ulak_json_peek_string (object, name);
}

static const UlakContentUpload *
need_upload (const UlakContentWriting *writing, GError **error)
{
  static const UlakContentUpload none = { 0 };
  const UlakContentUpload *upload = writing->request->upload;

  if (upload == NULL && writing->is_sketch)
    return &none;
  if (upload != NULL && upload->direct_path != NULL && upload->file_sha256.size_bytes > 0)
    return upload;
  ulak_content_refuse (error, "The file is not uploaded");
  return NULL;
}

/* The six bodies have these fields under the same names. */
#define SET_BYTES(body, field, span) \
  G_STMT_START \
  { \
    (body)->has_##field = (span).size_bytes > 0; \
    (body)->field = (ProtobufCBinaryData){ (span).size_bytes, (guint8 *) (span).bytes }; \
  } \
  G_STMT_END

#define SET_NUMBER(body, field, number) \
  G_STMT_START \
  { \
    (body)->has_##field = (number) > 0; \
    (body)->field = (number); \
  } \
  G_STMT_END

#define SET_TRUE(body, field, is_true) \
  G_STMT_START \
  { \
    (body)->has_##field = (body)->field = (is_true); \
  } \
  G_STMT_END

#define SET_FILE(body, upload, usual_mime_type) \
  G_STMT_START \
  { \
    (body)->url = (char *) (upload)->url; \
    (body)->direct_path = (char *) (upload)->direct_path; \
    (body)->mimetype = (char *) ((upload)->mime_type != NULL ? (upload)->mime_type : (usual_mime_type)); \
    SET_BYTES (body, media_key, (upload)->media_key); \
    SET_BYTES (body, file_sha256, (upload)->file_sha256); \
    SET_BYTES (body, file_enc_sha256, (upload)->file_enc_sha256); \
    (body)->has_file_length = (upload)->direct_path != NULL; \
    (body)->file_length = (upload)->size_bytes; \
    SET_NUMBER (body, media_key_timestamp, (upload)->key_time_s); \
  } \
  G_STMT_END

#define SET_THUMBNAIL(writing, body, object) \
  G_STMT_START \
  { \
    (body)->jpeg_thumbnail = ulak_content_decode (writing, object, "thumbnail"); \
    (body)->has_jpeg_thumbnail = (body)->jpeg_thumbnail.len > 0; \
  } \
  G_STMT_END

static char *
make_caption (UlakContentWriting *writing, JsonObject *object)
{
  const char *caption = peek (object, "caption");

  return caption == NULL ? NULL : ulak_content_name_mentions (writing, caption);
}

static guint32
get_duration (JsonObject *object, const UlakContentUpload *upload)
{
  return (guint32) ulak_json_peek_integer (object, "duration_s", upload->duration_s);
}

gboolean
ulak_content_write_image (UlakContentWriting *writing, JsonNode *part, GError **error)
{
  JsonObject *object = json_node_get_object (part);
  const UlakContentUpload *upload = need_upload (writing, error);
  Wa__ImageMessage *body;

  if (upload == NULL)
    return FALSE;
  body = ULAK_CONTENT_NEW (writing, Wa__ImageMessage, wa__image_message);
  SET_FILE (body, upload, "image/jpeg");
  SET_NUMBER (body, width, upload->width);
  SET_NUMBER (body, height, upload->height);
  SET_THUMBNAIL (writing, body, object);
  SET_TRUE (body, view_once, ulak_json_peek_boolean (object, "view_once", FALSE));
  body->caption = make_caption (writing, object);
  body->context_info = ulak_content_make_context (writing);
  writing->message.image_message = body;
  return TRUE;
}

gboolean
ulak_content_write_video (UlakContentWriting *writing, JsonNode *part, GError **error)
{
  JsonObject *object = json_node_get_object (part);
  const UlakContentUpload *upload = need_upload (writing, error);
  Wa__VideoMessage *body;

  if (upload == NULL)
    return FALSE;
  body = ULAK_CONTENT_NEW (writing, Wa__VideoMessage, wa__video_message);
  SET_FILE (body, upload, "video/mp4");
  SET_NUMBER (body, width, upload->width);
  SET_NUMBER (body, height, upload->height);
  SET_NUMBER (body, seconds, get_duration (object, upload));
  SET_THUMBNAIL (writing, body, object);
  SET_TRUE (body, gif_playback, ulak_json_peek_boolean (object, "gif", FALSE));
  SET_TRUE (body, view_once, ulak_json_peek_boolean (object, "view_once", FALSE));
  body->caption = make_caption (writing, object);
  body->context_info = ulak_content_make_context (writing);
  if (ulak_json_peek_boolean (object, "video_note", FALSE))
    writing->message.ptv_message = body;
  else
    writing->message.video_message = body;
  return TRUE;
}

gboolean
ulak_content_write_audio (UlakContentWriting *writing, JsonNode *part, GError **error)
{
  JsonObject *object = json_node_get_object (part);
  const UlakContentUpload *upload = need_upload (writing, error);
  Wa__AudioMessage *body;

  if (upload == NULL)
    return FALSE;
  body = ULAK_CONTENT_NEW (writing, Wa__AudioMessage, wa__audio_message);
  SET_FILE (body, upload, "audio/ogg; codecs=opus");
  SET_NUMBER (body, seconds, get_duration (object, upload));
  body->has_ptt = TRUE;
  body->ptt = ulak_json_peek_boolean (object, "voice", FALSE);
  body->waveform = ulak_content_decode (writing, object, "waveform");
  body->has_waveform = body->waveform.len > 0;
  SET_TRUE (body, view_once, ulak_json_peek_boolean (object, "view_once", FALSE));
  body->context_info = ulak_content_make_context (writing);
  writing->message.audio_message = body;
  return TRUE;
}

/* Apps show a caption under a document only inside its wrapper. */
static void
put_document (UlakContentWriting *writing, Wa__DocumentMessage *body)
{
  Wa__FutureProofMessage *wrapper;

  if (body->caption == NULL)
    {
      writing->message.document_message = body;
      return;
    }
  wrapper = ULAK_CONTENT_NEW (writing, Wa__FutureProofMessage, wa__future_proof_message);
  wrapper->message = ULAK_CONTENT_NEW (writing, Wa__Message, wa__message);
  wrapper->message->document_message = body;
  writing->message.document_with_caption_message = wrapper;
}

gboolean
ulak_content_write_document (UlakContentWriting *writing, JsonNode *part, GError **error)
{
  JsonObject *object = json_node_get_object (part);
  const UlakContentUpload *upload = need_upload (writing, error);
  Wa__DocumentMessage *body;

  if (upload == NULL)
    return FALSE;
  body = ULAK_CONTENT_NEW (writing, Wa__DocumentMessage, wa__document_message);
  SET_FILE (body, upload, "application/octet-stream");
  SET_THUMBNAIL (writing, body, object);
  body->file_name = peek (object, "file_name");
  if (body->file_name == NULL)
    body->file_name = (char *) upload->file_name;
  body->title = body->file_name;
  body->caption = make_caption (writing, object);
  body->context_info = ulak_content_make_context (writing);
  put_document (writing, body);
  return TRUE;
}

gboolean
ulak_content_write_sticker (UlakContentWriting *writing, JsonNode *part G_GNUC_UNUSED, GError **error)
{
  const UlakContentUpload *upload = need_upload (writing, error);
  Wa__StickerMessage *body;

  if (upload == NULL)
    return FALSE;
  body = ULAK_CONTENT_NEW (writing, Wa__StickerMessage, wa__sticker_message);
  SET_FILE (body, upload, "image/webp");
  SET_NUMBER (body, width, upload->width);
  SET_NUMBER (body, height, upload->height);
  body->has_is_animated = TRUE;
  body->is_animated = upload->is_animated;
  body->context_info = ulak_content_make_context (writing);
  writing->message.sticker_message = body;
  return TRUE;
}
