/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One table; its order is that of the enum.
 */
#include "whatsapp/media/media-kind.h"

static const struct
{
  const char *name;
  const char *path;
} kinds[ULAK_N_MEDIA_KINDS] = {
  [ULAK_MEDIA_KIND_IMAGE] = { "image", "image" },
  [ULAK_MEDIA_KIND_VIDEO] = { "video", "video" },
  [ULAK_MEDIA_KIND_AUDIO] = { "audio", "audio" },
  [ULAK_MEDIA_KIND_DOCUMENT] = { "document", "document" },
  [ULAK_MEDIA_KIND_HISTORY] = { "history", "md-msg-hist" },
  [ULAK_MEDIA_KIND_APP_STATE] = { "app_state", "md-app-state" },
  [ULAK_MEDIA_KIND_LINK_THUMBNAIL] = { "link_thumbnail", "thumbnail-link" },
  [ULAK_MEDIA_KIND_IMAGE_THUMBNAIL] = { "image_thumbnail", "thumbnail-image" },
  [ULAK_MEDIA_KIND_VIDEO_THUMBNAIL] = { "video_thumbnail", "thumbnail-video" },
  [ULAK_MEDIA_KIND_DOCUMENT_THUMBNAIL] = { "document_thumbnail", "thumbnail-document" },
  [ULAK_MEDIA_KIND_STICKER_PACK] = { "sticker_pack", "sticker-pack" },
  [ULAK_MEDIA_KIND_PAYMENT_BACKGROUND] = { "payment_background", NULL },
};

static const struct
{
  const char *name;
  UlakMediaKind kind;
} other_names[] = {
  { "sticker", ULAK_MEDIA_KIND_IMAGE },
  { "gif", ULAK_MEDIA_KIND_VIDEO },
  { "voice", ULAK_MEDIA_KIND_AUDIO },
};

const char *
ulak_media_kind_get_name (UlakMediaKind kind)
{
  return kinds[kind].name;
}

gboolean
ulak_media_kind_parse (const char *name, UlakMediaKind *kind_out)
{
  for (guint i = 0; i < ULAK_N_MEDIA_KINDS; i++)
    if (g_str_equal (kinds[i].name, name))
      {
        *kind_out = i;
        return TRUE;
      }
  for (gsize i = 0; i < G_N_ELEMENTS (other_names); i++)
    if (g_str_equal (other_names[i].name, name))
      {
        *kind_out = other_names[i].kind;
        return TRUE;
      }
  return FALSE;
}

const char *
ulak_media_kind_get_path (UlakMediaKind kind)
{
  return kinds[kind].path;
}
