/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/gcm.h"

#include "whatsapp/crypto/must.h"

#include "core/error.h"

/* OpenSSL counts in int. Nothing here comes near: frames are below 16 MiB. */
#define MAX_BYTES (G_MAXINT - ULAK_AEAD_TAG_BYTES)

EVP_CIPHER_CTX *
ulak_gcm_new (const UlakKey *key, gboolean is_sealing)
{
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();

  ulak_must (context != NULL);
  ulak_must (EVP_CipherInit_ex (context, EVP_aes_256_gcm (), NULL, key->bytes, NULL, is_sealing) == 1);
  return context;
}

static gboolean
process (EVP_CIPHER_CTX *context, const guint8 *nonce, UlakSpan associated, UlakSpan in, guint8 *out)
{
  int written = 0;

  return EVP_CipherInit_ex (context, NULL, NULL, NULL, nonce, -1) == 1
         && (associated.size_bytes == 0
             || EVP_CipherUpdate (context, NULL, &written, associated.bytes, (int) associated.size_bytes) == 1)
         && (in.size_bytes == 0 || EVP_CipherUpdate (context, out, &written, in.bytes, (int) in.size_bytes) == 1);
}

/* Appends ciphertext and tag to @out. */
void
ulak_gcm_seal (EVP_CIPHER_CTX *context, const guint8 *nonce, UlakSpan associated, UlakSpan plain, GByteArray *out)
{
  guint offset = out->len;
  guint8 *sealed;
  int written = 0;

  g_return_if_fail (plain.size_bytes <= MAX_BYTES && associated.size_bytes <= MAX_BYTES);

  g_byte_array_set_size (out, offset + (guint) plain.size_bytes + ULAK_AEAD_TAG_BYTES);
  sealed = out->data + offset;
  ulak_must (process (context, nonce, associated, plain, sealed));
  ulak_must (EVP_CipherFinal_ex (context, sealed + plain.size_bytes, &written) == 1);
  ulak_must (EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_AEAD_GET_TAG, ULAK_AEAD_TAG_BYTES, sealed + plain.size_bytes) == 1);
}

/* Appends the plaintext to @out, or leaves @out as it was. */
gboolean
ulak_gcm_open (EVP_CIPHER_CTX *context,
               const guint8 *nonce,
               UlakSpan associated,
               UlakSpan sealed,
               GByteArray *out,
               GError **error)
{
  gsize size_bytes = sealed.size_bytes - ULAK_AEAD_TAG_BYTES;
  guint offset = out->len;
  guint8 tag[ULAK_AEAD_TAG_BYTES], rest[ULAK_AEAD_TAG_BYTES];
  guint8 *opened;
  int written = 0;

  if (sealed.size_bytes < ULAK_AEAD_TAG_BYTES || sealed.size_bytes > MAX_BYTES || associated.size_bytes > MAX_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "Sealed bytes end in a tag of %d bytes; these are %" G_GSIZE_FORMAT, ULAK_AEAD_TAG_BYTES,
                   sealed.size_bytes);
      return FALSE;
    }

  memcpy (tag, (const guint8 *) sealed.bytes + size_bytes, sizeof tag);
  g_byte_array_set_size (out, offset + (guint) size_bytes);
  opened = size_bytes == 0 ? NULL : out->data + offset; /* an empty array has no data */
  if (process (context, nonce, associated, ULAK_SPAN (sealed.bytes, size_bytes), opened)
      && EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1
      && EVP_CipherFinal_ex (context, rest, &written) == 1)
    return TRUE;

  OPENSSL_cleanse (opened, size_bytes);
  g_byte_array_set_size (out, offset);
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "Sealed bytes are not genuine: the tag is wrong");
  return FALSE;
}
