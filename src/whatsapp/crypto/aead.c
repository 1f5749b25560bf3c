/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/aead.h"

#include "whatsapp/crypto/gcm.h"
#include "whatsapp/crypto/must.h"

#include "core/error.h"

/**
 * ulak_aead_seal:
 * @nonce: must never come twice with @key
 * @associated: bound to the result without being in it; may be empty
 * @plain: less than 2 GiB
 *
 * Returns: (transfer full): the ciphertext, as long as @plain, and 16 bytes of tag
 */
GBytes *
ulak_aead_seal (const UlakKey *key, const guint8 nonce[ULAK_AEAD_NONCE_BYTES], UlakSpan associated, UlakSpan plain)
{
  EVP_CIPHER_CTX *context = ulak_gcm_new (key, TRUE);
  GByteArray *sealed = g_byte_array_new ();

  ulak_gcm_seal (context, nonce, associated, plain, sealed);
  EVP_CIPHER_CTX_free (context);
  return g_byte_array_free_to_bytes (sealed);
}

/**
 * ulak_aead_open:
 *
 * Errors: ULAK_ERROR_INVALID when the nonce has not 12 bytes or @sealed is shorter than a tag, ULAK_ERROR_DAMAGED when
 * the tag does not belong to these bytes, this key, this nonce and this associated data.
 *
 * Returns: (transfer full): the plaintext, or NULL
 */
GBytes *
ulak_aead_open (const UlakKey *key, UlakSpan nonce, UlakSpan associated, UlakSpan sealed, GError **error)
{
  g_autoptr (GByteArray) plain = NULL;
  EVP_CIPHER_CTX *context;
  gboolean is_genuine;

  if (nonce.size_bytes != ULAK_AEAD_NONCE_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "A nonce has %d bytes, not %" G_GSIZE_FORMAT,
                   ULAK_AEAD_NONCE_BYTES, nonce.size_bytes);
      return NULL;
    }

  context = ulak_gcm_new (key, FALSE);
  plain = g_byte_array_new ();
  is_genuine = ulak_gcm_open (context, nonce.bytes, associated, sealed, plain, error);
  EVP_CIPHER_CTX_free (context);
  return is_genuine ? g_byte_array_free_to_bytes (g_steal_pointer (&plain)) : NULL;
}
