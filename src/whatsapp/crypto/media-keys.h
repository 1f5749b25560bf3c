/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media keys: what the 32-byte key in a message expands to, for the file itself and for asking for it again.
 */
#pragma once

#include "whatsapp/crypto/key.h"
#include "whatsapp/crypto/span.h"

#include "core/random.h"

G_BEGIN_DECLS

#define ULAK_MEDIA_IV_BYTES 16
#define ULAK_MEDIA_MAC_BYTES 10

typedef enum
{
  ULAK_MEDIA_KIND_IMAGE, /* stickers too */
  ULAK_MEDIA_KIND_VIDEO, /* GIFs and video notes too */
  ULAK_MEDIA_KIND_AUDIO, /* voice notes too */
  ULAK_MEDIA_KIND_DOCUMENT,
  ULAK_MEDIA_KIND_HISTORY,
  ULAK_MEDIA_KIND_APP_STATE,
  ULAK_MEDIA_KIND_LINK_THUMBNAIL,
  ULAK_MEDIA_KIND_IMAGE_THUMBNAIL,
  ULAK_MEDIA_KIND_VIDEO_THUMBNAIL,
  ULAK_MEDIA_KIND_DOCUMENT_THUMBNAIL,
  ULAK_MEDIA_KIND_STICKER_PACK,
  ULAK_MEDIA_KIND_PAYMENT_BACKGROUND,
} UlakMediaKind;

#define ULAK_N_MEDIA_KINDS (ULAK_MEDIA_KIND_PAYMENT_BACKGROUND + 1)

typedef struct
{
  guint8 iv[ULAK_MEDIA_IV_BYTES];
  UlakKey cipher_key;
  UlakKey mac_key;
} UlakMediaKeys;

const char *ulak_media_kind_get_info (UlakMediaKind kind);

void ulak_media_keys_derive (UlakMediaKeys *self, const UlakKey *media_key, UlakMediaKind kind);
void ulak_media_keys_clear (UlakMediaKeys *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakMediaKeys, ulak_media_keys_clear)

GBytes *ulak_media_retry_seal (const UlakKey *media_key,
                               const char *message_id,
                               UlakRandom *random,
                               UlakSpan receipt,
                               GBytes **nonce_out);
GBytes *ulak_media_retry_open (const UlakKey *media_key,
                               const char *message_id,
                               UlakSpan nonce,
                               UlakSpan sealed,
                               GError **error);

G_END_DECLS
