/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies that are files: what people see goes into "media", what is needed to fetch the file into the reference.
 *
 * The bodies have the same fields under different numbers, so each is first copied into one struct. A reference that could
 * never lead to a file (no hash, no address) is not made; the message is shown all the same, with its bytes.
 */
#include "whatsapp/chat/content-reading.h"

#include <string.h>

#define SHA256_BYTES 32
#define MEDIA_KEY_BYTES 32
#define PATH_MAX_BYTES 4096

typedef struct
{
  const char *kind; /* of the reference */
  const char *url;
  const char *direct_path;
  const char *mime_type;
  const char *caption;
  const char *file_name;
  ProtobufCBinaryData media_key;
  ProtobufCBinaryData file_sha256;
  ProtobufCBinaryData file_enc_sha256;
  ProtobufCBinaryData thumbnail;
  gint64 size_bytes; /* -1: not said */
  guint32 width, height, duration_s;
} Facts;

#define BYTES_OF(body, field) ((body)->has_##field ? (body)->field : (ProtobufCBinaryData){ 0, NULL })
#define NUMBER_OF(body, field) ((body)->has_##field ? (body)->field : 0)
#define SIZE_OF(body) ((body)->has_file_length && (body)->file_length <= G_MAXINT64 ? (gint64) (body)->file_length : -1)

#define FILE_FACTS(body) \
  .url = (body)->url, .direct_path = (body)->direct_path, .mime_type = (body)->mimetype, \
  .media_key = BYTES_OF (body, media_key), .file_sha256 = BYTES_OF (body, file_sha256), \
  .file_enc_sha256 = BYTES_OF (body, file_enc_sha256), .size_bytes = SIZE_OF (body)

/* Only where WhatsApp's own files are: anything else in a message is an address that a stranger chose. */
static gboolean
is_own_host (const char *url)
{
  g_autoptr (GUri) uri = strlen (url) > PATH_MAX_BYTES ? NULL : g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const char *host = uri == NULL ? NULL : g_uri_get_host (uri);

  return host != NULL && g_str_equal (g_uri_get_scheme (uri), "https") && g_uri_get_userinfo (uri) == NULL
         && (g_str_has_suffix (host, ".whatsapp.net") || g_str_equal (host, "whatsapp.net"));
}

static gboolean
is_path (const char *path)
{
  return path != NULL && *path == '/' && strlen (path) <= PATH_MAX_BYTES;
}

static gboolean
can_be_fetched (const Facts *facts)
{
  gboolean is_encrypted = facts->media_key.len > 0;

  if (facts->size_bytes < 0 || facts->file_sha256.len != SHA256_BYTES)
    return FALSE;
  if (is_encrypted && (facts->media_key.len != MEDIA_KEY_BYTES || facts->file_enc_sha256.len != SHA256_BYTES))
    return FALSE;
  return is_path (facts->direct_path) || (facts->url != NULL && is_own_host (facts->url));
}

static JsonObject *
new_reference (const Facts *facts)
{
  JsonObject *reference;

  if (!can_be_fetched (facts))
    return NULL;
  reference = json_object_new ();
  ulak_content_set_text (reference, "kind", facts->kind);
  if (is_path (facts->direct_path))
    ulak_content_set_text (reference, "direct_path", facts->direct_path);
  if (facts->url != NULL && is_own_host (facts->url))
    ulak_content_set_text (reference, "url", facts->url);
  ulak_content_set_base64 (reference, "media_key", &facts->media_key);
  ulak_content_set_base64 (reference, "file_sha256", &facts->file_sha256);
  ulak_content_set_base64 (reference, "file_enc_sha256", &facts->file_enc_sha256);
  json_object_set_int_member (reference, "size", facts->size_bytes);
  return reference;
}

static void
set_digest (JsonObject *media, const ProtobufCBinaryData *digest)
{
  g_autoptr (GString) hex = g_string_new (NULL);

  for (gsize i = 0; digest->len == SHA256_BYTES && i < digest->len; i++)
    g_string_append_printf (hex, "%02x", digest->data[i]);
  ulak_content_set_text (media, "sha256", hex->str);
}

/* Returns: (transfer none): what people see; more can be added */
static JsonObject *
add_media (UlakContentReading *reading, const Facts *facts)
{
  JsonObject *media = ulak_content_begin_part (reading->content->document, "media");

  ulak_content_set_text (media, "mime_type", facts->mime_type);
  if (facts->size_bytes >= 0)
    json_object_set_int_member (media, "size_bytes", facts->size_bytes);
  set_digest (media, &facts->file_sha256);
  ulak_content_set_text (media, "file_name", facts->file_name);
  ulak_content_set_text (media, "caption", facts->caption);
  ulak_content_set_positive (media, "width", facts->width);
  ulak_content_set_positive (media, "height", facts->height);
  ulak_content_set_positive (media, "duration_s", facts->duration_s);
  ulak_content_set_thumbnail (media, facts->thumbnail.len > 0, &facts->thumbnail);
  g_clear_pointer (&reading->content->media_reference, json_object_unref);
  reading->content->media_reference = new_reference (facts);
  ulak_content_set_true (media, "unavailable", reading->content->media_reference == NULL);
  return media;
}

static JsonObject *
begin_media (UlakContentReading *reading, const char *type, const Facts *facts)
{
  ulak_content_set_text (ulak_content_begin (reading, type), "text", facts->caption);
  return add_media (reading, facts);
}

static Facts
image_facts (const Wa__ImageMessage *body)
{
  return (Facts){
    FILE_FACTS (body),
    .kind = "image",
    .caption = body->caption,
    .width = NUMBER_OF (body, width),
    .height = NUMBER_OF (body, height),
    .thumbnail = BYTES_OF (body, jpeg_thumbnail),
  };
}

static Facts
video_facts (const Wa__VideoMessage *body)
{
  return (Facts){
    FILE_FACTS (body),
    .kind = "video",
    .caption = body->caption,
    .width = NUMBER_OF (body, width),
    .height = NUMBER_OF (body, height),
    .duration_s = NUMBER_OF (body, seconds),
    .thumbnail = BYTES_OF (body, jpeg_thumbnail),
  };
}

static Facts
document_facts (const Wa__DocumentMessage *body)
{
  return (Facts){
    FILE_FACTS (body),
    .kind = "document",
    .caption = body->caption,
    .file_name = body->file_name != NULL ? body->file_name : body->title,
    .thumbnail = BYTES_OF (body, jpeg_thumbnail),
  };
}

gboolean
ulak_content_read_image (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ImageMessage *body = data;
  Facts facts = image_facts (body);

  begin_media (reading, "image", &facts);
  reading->content->is_view_once |= NUMBER_OF (body, view_once);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_video (UlakContentReading *reading, gconstpointer data)
{
  const Wa__VideoMessage *body = data;
  Facts facts = video_facts (body);
  JsonObject *media = begin_media (reading, "video", &facts);

  ulak_content_set_true (media, "gif", NUMBER_OF (body, gif_playback));
  reading->content->is_view_once |= NUMBER_OF (body, view_once);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_video_note (UlakContentReading *reading, gconstpointer data)
{
  ulak_content_read_video (reading, data);
  ulak_content_set_true (json_object_get_object_member (reading->content->document, "media"), "video_note", TRUE);
  return TRUE;
}

gboolean
ulak_content_read_audio (UlakContentReading *reading, gconstpointer data)
{
  const Wa__AudioMessage *body = data;
  gboolean is_voice = NUMBER_OF (body, ptt);
  ProtobufCBinaryData waveform = BYTES_OF (body, waveform);
  Facts facts = { FILE_FACTS (body), .kind = "audio", .duration_s = NUMBER_OF (body, seconds) };
  JsonObject *media = begin_media (reading, is_voice ? "voice" : "audio", &facts);

  ulak_content_set_true (media, "voice", is_voice);
  if (waveform.len <= ULAK_CONTENT_LIST_MAX)
    ulak_content_set_base64 (media, "waveform", &waveform);
  reading->content->is_view_once |= NUMBER_OF (body, view_once);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_media_document (UlakContentReading *reading, gconstpointer data)
{
  const Wa__DocumentMessage *body = data;
  Facts facts = document_facts (body);
  JsonObject *media = begin_media (reading, "document", &facts);

  ulak_content_set_positive (media, "pages", NUMBER_OF (body, page_count));
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_sticker (UlakContentReading *reading, gconstpointer data)
{
  const Wa__StickerMessage *body = data;
  Facts facts = {
    FILE_FACTS (body),
    .kind = "image",
    .width = NUMBER_OF (body, width),
    .height = NUMBER_OF (body, height),
  };
  JsonObject *media = begin_media (reading, "sticker", &facts);

  ulak_content_set_true (media, "animated", NUMBER_OF (body, is_animated) || NUMBER_OF (body, is_lottie));
  ulak_content_set_true (media, "lottie", NUMBER_OF (body, is_lottie));
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_sticker_pack (UlakContentReading *reading, gconstpointer data)
{
  const Wa__StickerPackMessage *body = data;
  const Facts facts = {
    .kind = "sticker_pack",
    .direct_path = body->direct_path,
    .mime_type = "application/zip",
    .caption = body->caption,
    .media_key = BYTES_OF (body, media_key),
    .file_sha256 = BYTES_OF (body, file_sha256),
    .file_enc_sha256 = BYTES_OF (body, file_enc_sha256),
    .size_bytes = SIZE_OF (body),
  };
  JsonObject *pack;

  begin_media (reading, "sticker_pack", &facts);
  pack = ulak_content_begin_part (reading->content->document, "sticker_pack");
  ulak_content_set_text (pack, "id", body->sticker_pack_id);
  ulak_content_set_text (pack, "name", body->name);
  ulak_content_set_text (pack, "publisher", body->publisher);
  ulak_content_set_text (pack, "description", body->pack_description);
  reading->context = body->context_info;
  return TRUE;
}

void
ulak_content_add_image (UlakContentReading *reading, const Wa__ImageMessage *body)
{
  Facts facts;

  if (body == NULL)
    return;
  facts = image_facts (body);
  add_media (reading, &facts);
}

void
ulak_content_add_video (UlakContentReading *reading, const Wa__VideoMessage *body)
{
  Facts facts;

  if (body == NULL)
    return;
  facts = video_facts (body);
  add_media (reading, &facts);
}

void
ulak_content_add_document (UlakContentReading *reading, const Wa__DocumentMessage *body)
{
  Facts facts;

  if (body == NULL)
    return;
  facts = document_facts (body);
  add_media (reading, &facts);
}
