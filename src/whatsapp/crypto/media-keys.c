/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/media-keys.h"

#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/hkdf.h"

#include <openssl/crypto.h>

/* What HKDF makes: iv, cipher key, MAC key, and 32 bytes that nobody uses. */
#define EXPANDED_BYTES (ULAK_MEDIA_IV_BYTES + 3 * ULAK_KEY_BYTES)

/* By UlakMediaKind. */
static const char *const infos[] = {
  "WhatsApp Image Keys",
  "WhatsApp Video Keys",
  "WhatsApp Audio Keys",
  "WhatsApp Document Keys",
  "WhatsApp History Keys",
  "WhatsApp App State Keys",
  "WhatsApp Link Thumbnail Keys",
  "WhatsApp Image Thumbnail Keys",
  "WhatsApp Video Thumbnail Keys",
  "WhatsApp Document Thumbnail Keys",
  "WhatsApp Sticker Pack Keys",
  "WhatsApp Payment Background Keys",
};
G_STATIC_ASSERT (G_N_ELEMENTS (infos) == ULAK_N_MEDIA_KINDS);

const char *
ulak_media_kind_get_info (UlakMediaKind kind)
{
  g_return_val_if_fail ((guint) kind < ULAK_N_MEDIA_KINDS, NULL);

  return infos[kind];
}

/**
 * ulak_media_keys_derive:
 *
 * Source: docs/protocol/crypto.md, "Media".
 */
void
ulak_media_keys_derive (UlakMediaKeys *self, const UlakKey *media_key, UlakMediaKind kind)
{
  guint8 expanded[EXPANDED_BYTES];

  ulak_hkdf (ULAK_SPAN_ARRAY (media_key->bytes), ULAK_SPAN_NONE, ULAK_SPAN_TEXT (ulak_media_kind_get_info (kind)),
             expanded, sizeof expanded);
  memcpy (self->iv, expanded, ULAK_MEDIA_IV_BYTES);
  ulak_key_set (&self->cipher_key, expanded + ULAK_MEDIA_IV_BYTES, ULAK_KEY_BYTES);
  ulak_key_set (&self->mac_key, expanded + ULAK_MEDIA_IV_BYTES + ULAK_KEY_BYTES, ULAK_KEY_BYTES);
  OPENSSL_cleanse (expanded, sizeof expanded);
}

void
ulak_media_keys_clear (UlakMediaKeys *self)
{
  OPENSSL_cleanse (self, sizeof *self);
}

static void
derive_retry_key (const UlakKey *media_key, UlakKey *key_out)
{
  ulak_hkdf (ULAK_SPAN_ARRAY (media_key->bytes), ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("WhatsApp Media Retry Notification"),
             key_out->bytes, sizeof key_out->bytes);
}

/**
 * ulak_media_retry_seal:
 * @receipt: a serialized ServerErrorReceipt
 * @nonce_out: (transfer full): 12 random bytes, which go beside the result
 *
 * Asks the phone to upload a file again whose message had @media_key.
 *
 * Returns: (transfer full): the content of enc_p
 */
GBytes *
ulak_media_retry_seal (const UlakKey *media_key,
                       const char *message_id,
                       UlakRandom *random,
                       UlakSpan receipt,
                       GBytes **nonce_out)
{
  g_auto (UlakKey) key = { 0 };
  guint8 nonce[ULAK_AEAD_NONCE_BYTES];

  derive_retry_key (media_key, &key);
  ulak_random_fill (random, nonce, sizeof nonce);
  *nonce_out = g_bytes_new (nonce, sizeof nonce);
  return ulak_aead_seal (&key, nonce, ULAK_SPAN_TEXT (message_id), receipt);
}

/**
 * ulak_media_retry_open:
 * @nonce: the content of enc_iv
 * @sealed: the content of enc_p
 *
 * Errors: those of ulak_aead_open().
 *
 * Returns: (transfer full): a serialized MediaRetryNotification, or NULL
 */
GBytes *
ulak_media_retry_open (const UlakKey *media_key, const char *message_id, UlakSpan nonce, UlakSpan sealed, GError **error)
{
  g_auto (UlakKey) key = { 0 };

  derive_retry_key (media_key, &key);
  return ulak_aead_open (&key, nonce, ULAK_SPAN_TEXT (message_id), sealed, error);
}
