/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media kinds: the words by which a kind of file is known in our references and in the addresses of the media hosts.
 */
#pragma once

#include "whatsapp/crypto/media-keys.h"

/* "image" (stickers too), "video", "audio", "document", "history", "app_state", "link_thumbnail", "image_thumbnail", ... */
const char *ulak_media_kind_get_name (UlakMediaKind kind);
/* "sticker", "gif" and "voice" are taken, too, as what they are encrypted as. */
gboolean ulak_media_kind_parse (const char *name, UlakMediaKind *kind_out);
/* The segment of the upload's path and the value of mms-type; NULL where nothing can be uploaded. */
const char *ulak_media_kind_get_path (UlakMediaKind kind);
