/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sources: the formats' own specifications; marks that several brands share (ISO base media, RIFF) are checked up to the brand.
 */
#include "connector/media-sniff.h"

#include <string.h>

typedef struct
{
  const char *mime_type;
  gsize offset;
  const char *mark;
  gsize mark_bytes;
} Mark;

#define MARK(type, offset, mark) \
  { \
    type, offset, mark, sizeof (mark) - 1 \
  }

/* A type may stand several times: any of its marks will do. */
static const Mark marks[] = {
  MARK ("image/jpeg", 0, "\xff\xd8\xff"),
  MARK ("image/png", 0, "\x89PNG\r\n\x1a\n"),
  MARK ("image/webp", 8, "WEBP"),
  MARK ("video/mp4", 4, "ftyp"),
  MARK ("video/3gpp", 4, "ftyp"),
  MARK ("audio/mp4", 4, "ftyp"),
  MARK ("audio/ogg", 0, "OggS"),
  MARK ("audio/amr", 0, "#!AMR"),
  MARK ("audio/aac", 0, "\xff\xf1"),
  MARK ("audio/aac", 0, "\xff\xf9"),
  MARK ("audio/aac", 0, "ADIF"),
  MARK ("audio/mpeg", 0, "ID3"),
  MARK ("audio/mpeg", 0, "\xff\xfb"),
  MARK ("audio/mpeg", 0, "\xff\xfa"),
  MARK ("audio/mpeg", 0, "\xff\xf3"),
  MARK ("audio/mpeg", 0, "\xff\xf2"),
  MARK ("application/pdf", 0, "%PDF-"),
};

/** ulak_media_sniff_fits: @mime_type: with or without parameters, "audio/ogg; codecs=opus" */
gboolean
ulak_media_sniff_fits (const char *mime_type, const guint8 *bytes, gsize size_bytes)
{
  gsize length = strcspn (mime_type, "; ");
  gboolean is_known = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      const Mark *mark = &marks[i];

      if (strlen (mark->mime_type) != length || g_ascii_strncasecmp (mark->mime_type, mime_type, length) != 0)
        continue;
      is_known = TRUE;
      if (size_bytes >= mark->offset + mark->mark_bytes
          && memcmp (bytes + mark->offset, mark->mark, mark->mark_bytes) == 0)
        return TRUE;
    }
  return !is_known;
}
