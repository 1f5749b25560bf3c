/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media addresses: the URLs of uploads and downloads, and which URL of a message may be used at all.
 *
 * A message never chooses a host outside whatsapp.net: its direct path is put behind a host that the server named, and its
 * url counts only on whatsapp.net.
 */
#pragma once

#include "whatsapp/media/media-reference.h"

G_BEGIN_DECLS

/* Of reference on host, at path. NULL with INVALID. */
GUri *ulak_media_address_of_path (const UlakMediaReference *reference, const char *host, const char *path, GError **error);
/* Of reference's own url. NULL with NOT_ALLOWED. */
GUri *ulak_media_address_of_url (const char *url, GError **error);
/* For an upload of bytes with this hash. NULL with INVALID. */
GUri *ulak_media_address_for_upload (UlakMediaKind kind,
                                     gboolean is_encrypted,
                                     const guint8 sha256[32],
                                     const char *host,
                                     const char *auth,
                                     GError **error);

G_END_DECLS
