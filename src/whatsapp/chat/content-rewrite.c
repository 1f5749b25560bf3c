/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * From a stored message back to a Message: it is turned into the send document that would have made it, and that is written.
 */
#include "whatsapp/chat/content-writing.h"

#include "core/json.h"

#include <string.h>

/* Types whose part has the same name and shape in both directions, and those that are a file. */
static const char *const same[] = { "location", "live_location", "contacts", "group_invite", "poll", NULL };
static const char *const files[] = { "image", "video", "audio", "document", "sticker", NULL };
static const char *const file_fields[]
    = { "caption", "gif", "video_note", "duration_s", "waveform", "thumbnail", "file_name", "voice", NULL };

static void
copy_member (JsonObject *from, JsonObject *to, const char *name)
{
  JsonNode *node = json_object_get_member (from, name);

  if (node != NULL && !JSON_NODE_HOLDS_NULL (node))
    json_object_set_member (to, name, json_node_copy (node));
}

static void
set_text (JsonObject *document, JsonObject *message)
{
  JsonObject *text = json_object_new ();
  const char *words = ulak_json_peek_string (message, "text");

  json_object_set_object_member (document, "text", text);
  json_object_set_string_member (text, "body", words != NULL ? words : "");
  copy_member (message, text, "link_preview");
}

static void
set_file (JsonObject *document, JsonObject *message, const char *kind)
{
  JsonObject *media = ulak_json_peek_object (message, "media"), *file = json_object_new ();

  json_object_set_object_member (document, kind, file);
  for (guint i = 0; media != NULL && file_fields[i] != NULL; i++)
    copy_member (media, file, file_fields[i]);
  copy_member (message, file, "view_once");
}

/* What is only text to readers (a template, the answer to a button, ...) goes on as text; but not when a file belongs to it
 * that would be lost. has_file: the file is known. */
static JsonObject *
make_document (JsonObject *message, gboolean has_file)
{
  const char *type = ulak_json_peek_string (message, "type");
  JsonObject *document = json_object_new ();

  if (type != NULL && g_str_equal (type, "voice"))
    type = "audio";
  if (type != NULL && g_strv_contains (files, type))
    set_file (document, message, type);
  else if (type != NULL && g_strv_contains (same, type))
    copy_member (message, document, type);
  else if (!has_file && ulak_json_peek_string (message, "text") != NULL)
    set_text (document, message);
  return document;
}

/* --- the file --- */

typedef struct
{
  UlakContentUpload upload;
  guchar *media_key, *file_sha256, *file_enc_sha256; /* (owned) (nullable) */
} File;

static void
file_clear (File *self)
{
  g_free (self->media_key);
  g_free (self->file_sha256);
  g_free (self->file_enc_sha256);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (File, file_clear)

static UlakSpan
decode (JsonObject *reference, const char *name, guchar **bytes_out)
{
  const char *text = ulak_json_peek_string (reference, name);
  gsize size = 0;

  if (text != NULL)
    *bytes_out = g_base64_decode (text, &size);
  return ULAK_SPAN (*bytes_out, size);
}

static guint
peek_count (JsonObject *media, const char *name)
{
  return media == NULL ? 0 : (guint) CLAMP (ulak_json_peek_integer (media, name, 0), 0, G_MAXINT32);
}

static void
file_fill (File *self, JsonObject *message, JsonObject *reference)
{
  JsonObject *media = ulak_json_peek_object (message, "media");

  self->upload = (UlakContentUpload){
    .url = ulak_json_peek_string (reference, "url"),
    .direct_path = ulak_json_peek_string (reference, "direct_path"),
    .media_key = decode (reference, "media_key", &self->media_key),
    .file_sha256 = decode (reference, "file_sha256", &self->file_sha256),
    .file_enc_sha256 = decode (reference, "file_enc_sha256", &self->file_enc_sha256),
    .size_bytes = (guint64) MAX (0, ulak_json_peek_integer (reference, "size", 0)),
    .mime_type = media == NULL ? NULL : ulak_json_peek_string (media, "mime_type"),
    .file_name = media == NULL ? NULL : ulak_json_peek_string (media, "file_name"),
    .width = peek_count (media, "width"),
    .height = peek_count (media, "height"),
    .is_animated = media != NULL && ulak_json_peek_boolean (media, "animated", FALSE),
  };
}

GBytes *
ulak_content_rewrite (JsonObject *message, JsonObject *media_reference, GError **error)
{
  g_autoptr (JsonObject) document = make_document (message, media_reference != NULL);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) unpacked = g_ptr_array_new_with_free_func (ulak_protobuf_free);
  g_auto (File) file = { { 0 }, NULL, NULL, NULL };
  UlakContentRequest request = { .document = document };
  UlakContentWriting writing = { .request = &request, .kept = kept, .unpacked = unpacked };

  if (media_reference != NULL)
    {
      file_fill (&file, message, media_reference);
      request.upload = &file.upload;
    }
  writing.is_sketch = media_reference == NULL;
  return ulak_content_write_body (&writing, error) ? ulak_protobuf_pack (&writing.message) : NULL;
}
