/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Reading takes nothing on trust: the row is ours, but what stands in it came with a message.
 */
#include "whatsapp/media/media-reference.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/media/media-kind.h"

UlakMediaReference *
ulak_media_reference_new (void)
{
  return g_new0 (UlakMediaReference, 1);
}

UlakMediaReference *
ulak_media_reference_copy (const UlakMediaReference *self)
{
  UlakMediaReference *copy = g_memdup2 (self, sizeof *self);

  copy->direct_path = g_strdup (self->direct_path);
  copy->url = g_strdup (self->url);
  copy->message_id = g_strdup (self->message_id);
  copy->chat = g_strdup (self->chat);
  copy->participant = g_strdup (self->participant);
  return copy;
}

void
ulak_media_reference_free (UlakMediaReference *self)
{
  if (self == NULL)
    return;
  ulak_key_clear (&self->media_key);
  g_free (self->direct_path);
  g_free (self->url);
  g_free (self->message_id);
  g_free (self->chat);
  g_free (self->participant);
  g_free (self);
}

static gboolean
refuse (GError **error, const char *field, const char *what)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The reference of a medium: %s: %s", field, what);
  return FALSE;
}

static gboolean
read_32 (JsonObject *json, const char *field, guint8 bytes_out[32], GError **error)
{
  const char *text = ulak_json_peek_string (json, field);
  g_autofree guchar *decoded = NULL;
  gsize size = 0;

  if (text == NULL)
    return refuse (error, field, "is missing");
  if (strlen (text) <= 64)
    decoded = g_base64_decode (text, &size);
  if (size != 32)
    return refuse (error, field, "is not base64 of 32 bytes");
  memcpy (bytes_out, decoded, 32);
  explicit_bzero (decoded, size);
  return TRUE;
}

static gboolean
read_size (JsonObject *json, guint64 *size_out, GError **error)
{
  gint64 size = ulak_json_peek_integer (json, "size", -1);

  if (!json_object_has_member (json, "size"))
    {
      *size_out = ULAK_MEDIA_SIZE_UNKNOWN;
      return TRUE;
    }
  if (size < 0)
    return refuse (error, "size", "is no number of bytes");
  *size_out = (guint64) size;
  return TRUE;
}

static gboolean
read_place (UlakMediaReference *self, JsonObject *json, GError **error)
{
  const char *path = ulak_json_peek_string (json, "direct_path"), *url = ulak_json_peek_string (json, "url");

  if ((path == NULL || *path == '\0') && (url == NULL || *url == '\0'))
    return refuse (error, "direct_path", "is missing, and there is no url");
  if ((path != NULL && strlen (path) > ULAK_MEDIA_PATH_MAX) || (url != NULL && strlen (url) > ULAK_MEDIA_PATH_MAX))
    return refuse (error, "direct_path, url", "is too long");
  if (path != NULL && *path != '\0' && *path != '/')
    return refuse (error, "direct_path", "does not begin with a slash");
  self->direct_path = path == NULL || *path == '\0' ? NULL : g_strdup (path);
  self->url = g_strdup (url);
  return TRUE;
}

UlakMediaReference *
ulak_media_reference_read (JsonObject *json, GError **error)
{
  g_autoptr (UlakMediaReference) self = ulak_media_reference_new ();
  const char *kind = ulak_json_peek_string (json, "kind");

  if (kind == NULL || !ulak_media_kind_parse (kind, &self->kind))
    {
      refuse (error, "kind", "is not one that we know");
      return NULL;
    }
  self->is_encrypted = json_object_has_member (json, "media_key");
  if (!read_place (self, json, error) || !read_size (json, &self->summary.plain_size_bytes, error)
      || !read_32 (json, "file_sha256", self->summary.plain_sha256, error))
    return NULL;
  if (self->is_encrypted
      && (!read_32 (json, "media_key", self->media_key.bytes, error)
          || !read_32 (json, "file_enc_sha256", self->summary.encrypted_sha256, error)))
    return NULL;
  self->message_id = g_strdup (ulak_json_peek_string (json, "message_id"));
  self->chat = g_strdup (ulak_json_peek_string (json, "chat"));
  self->participant = g_strdup (ulak_json_peek_string (json, "participant"));
  self->is_from_me = ulak_json_peek_boolean (json, "from_me", FALSE);
  return g_steal_pointer (&self);
}

static void
write_32 (JsonObject *json, const char *field, const guint8 bytes[32])
{
  g_autofree char *text = g_base64_encode (bytes, 32);

  json_object_set_string_member (json, field, text);
}

static void
write_text (JsonObject *json, const char *field, const char *text)
{
  if (text != NULL && *text != '\0')
    json_object_set_string_member (json, field, text);
}

JsonObject *
ulak_media_reference_write (const UlakMediaReference *self)
{
  JsonObject *json = json_object_new ();

  write_text (json, "kind", ulak_media_kind_get_name (self->kind));
  write_text (json, "direct_path", self->direct_path);
  write_text (json, "url", self->url);
  write_32 (json, "file_sha256", self->summary.plain_sha256);
  if (self->is_encrypted)
    {
      write_32 (json, "media_key", self->media_key.bytes);
      write_32 (json, "file_enc_sha256", self->summary.encrypted_sha256);
    }
  if (self->summary.plain_size_bytes != ULAK_MEDIA_SIZE_UNKNOWN)
    json_object_set_int_member (json, "size", (gint64) MIN (self->summary.plain_size_bytes, (guint64) G_MAXINT64));
  write_text (json, "message_id", self->message_id);
  write_text (json, "chat", self->chat);
  write_text (json, "participant", self->participant);
  if (self->is_from_me)
    json_object_set_boolean_member (json, "from_me", TRUE);
  return json;
}
