/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/media-limits.h"

#include "core/error.h"

#include <string.h>

#define KIB G_GINT64_CONSTANT (1024)
#define MIB (1024 * KIB)

/* Source: Meta's page "Media", supported media types. A sticker of over 100 KiB has to be animated: sticker.h. */
static const struct
{
  const char *mime_type;
  const char *kind; /* what it may be sent as; everything may go as a document too */
  goffset max_bytes;
} limits[] = {
  { "image/jpeg", "image", 5 * MIB },
  { "image/png", "image", 5 * MIB },
  { "image/webp", "sticker", 500 * KIB },
  { "video/mp4", "video", 16 * MIB },
  { "video/3gpp", "video", 16 * MIB },
  { "audio/aac", "audio", 16 * MIB },
  { "audio/amr", "audio", 16 * MIB },
  { "audio/mpeg", "audio", 16 * MIB },
  { "audio/mp4", "audio", 16 * MIB },
  { "audio/ogg", "audio", 16 * MIB },
  { "audio/opus", "audio", 16 * MIB },
  { "text/plain", "document", 100 * MIB },
  { "application/pdf", "document", 100 * MIB },
  { "application/msword", "document", 100 * MIB },
  { "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document", 100 * MIB },
  { "application/vnd.ms-excel", "document", 100 * MIB },
  { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "document", 100 * MIB },
  { "application/vnd.ms-powerpoint", "document", 100 * MIB },
  { "application/vnd.openxmlformats-officedocument.presentationml.presentation", "document", 100 * MIB },
};

/* "audio/ogg; codecs=opus" is audio/ogg. */
static gssize
find_row (const char *mime_type)
{
  gsize length = strcspn (mime_type, "; \t");

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    if (strlen (limits[i].mime_type) == length && g_ascii_strncasecmp (limits[i].mime_type, mime_type, length) == 0)
      return (gssize) i;
  return -1;
}

static char *
list_types (const char *kind_or_null)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    if (kind_or_null == NULL || strcmp (limits[i].kind, kind_or_null) == 0)
      g_string_append_printf (text, "%s%s", text->len == 0 ? "" : ", ", limits[i].mime_type);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * ulak_media_limits_find:
 * @mime_type: a type, with or without parameters
 * @max_bytes_out: (out) (optional): Meta's limit for it
 *
 * Returns: %TRUE if Meta takes uploads of this type; otherwise %FALSE with %ULAK_ERROR_UNSUPPORTED, which lists the types
 */
gboolean
ulak_media_limits_find (const char *mime_type, goffset *max_bytes_out, GError **error)
{
  gssize row = find_row (mime_type);
  g_autofree char *types = NULL;

  if (row < 0)
    {
      types = list_types (NULL);
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNSUPPORTED, "Type ‘%.100s’ cannot be uploaded; allowed: %s",
                   mime_type, types);
      return FALSE;
    }
  if (max_bytes_out != NULL)
    *max_bytes_out = limits[row].max_bytes;
  return TRUE;
}

/**
 * ulak_media_limits_check:
 * @kind: the content: image, video, audio, document or sticker
 *
 * Returns: %TRUE if a medium may be sent as @kind; otherwise %FALSE with %ULAK_ERROR_UNSUPPORTED (the type does not fit) or
 *   %ULAK_ERROR_TOO_LARGE
 */
gboolean
ulak_media_limits_check (const char *kind, const char *mime_type, goffset size_bytes, GError **error)
{
  gssize row = find_row (mime_type);
  g_autofree char *types = NULL;

  if (!ulak_media_limits_find (mime_type, NULL, error))
    return FALSE;
  if (strcmp (kind, "document") != 0 && strcmp (kind, limits[row].kind) != 0)
    {
      types = list_types (kind);
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNSUPPORTED,
                   "A medium of type ‘%.100s’ cannot be sent as %s; allowed: %s", mime_type, kind, types);
      return FALSE;
    }
  if (size_bytes < 1 || size_bytes > limits[row].max_bytes)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                   "A medium of type ‘%s’ has %" G_GINT64_FORMAT " bytes; allowed 1 to %" G_GINT64_FORMAT,
                   limits[row].mime_type, (gint64) size_bytes, (gint64) limits[row].max_bytes);
      return FALSE;
    }
  return TRUE;
}
