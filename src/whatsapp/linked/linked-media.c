/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Phones take any file as a document up to 2 GiB; pictures, videos and sounds are taken up to a size by the apps that show them.
 */
#include "whatsapp/linked/linked-media.h"

#include "core/error.h"

#include <string.h>

#define MIB ((goffset) 1024 * 1024)

static const struct
{
  const char *prefix;
  goffset max_bytes;
} limits[] = {
  { "image/webp", 1 * MIB }, /* stickers */
  { "image/", 16 * MIB },
  { "video/", 100 * MIB },
  { "audio/", 100 * MIB },
  { "", 2048 * MIB },
};

gboolean
ulak_linked_media_find_limit (const char *mime_type, goffset *max_bytes_out, GError **error)
{
  if (strchr (mime_type, '/') == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "mime_type: must be a MIME type such as image/jpeg");
      return FALSE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    if (g_ascii_strncasecmp (mime_type, limits[i].prefix, strlen (limits[i].prefix)) == 0)
      {
        *max_bytes_out = limits[i].max_bytes;
        return TRUE;
      }
  g_return_val_if_reached (FALSE);
}
