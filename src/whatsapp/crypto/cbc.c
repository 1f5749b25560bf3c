/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/cbc.h"

#include "whatsapp/crypto/must.h"

#include "core/error.h"

#include <openssl/evp.h>

/* NULL when the last block is no padding, which only decryption can meet. */
static GByteArray *
run (const UlakKey *key, const guint8 *iv, UlakSpan in, gboolean is_encrypting)
{
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  int written = 0, last = 0;
  gboolean is_whole;

  g_byte_array_set_size (out, (guint) in.size_bytes + ULAK_CBC_BLOCK_BYTES);
  ulak_must (context != NULL);
  ulak_must (EVP_CipherInit_ex (context, EVP_aes_256_cbc (), NULL, key->bytes, iv, is_encrypting) == 1);
  ulak_must (in.size_bytes == 0 || EVP_CipherUpdate (context, out->data, &written, in.bytes, (int) in.size_bytes) == 1);
  is_whole = EVP_CipherFinal_ex (context, out->data + written, &last) == 1;
  EVP_CIPHER_CTX_free (context);

  if (!is_whole)
    {
      OPENSSL_cleanse (out->data, out->len);
      return NULL;
    }
  g_byte_array_set_size (out, (guint) (written + last));
  return g_steal_pointer (&out);
}

/**
 * ulak_cbc_encrypt:
 * @plain: at most ULAK_CBC_MAX_BYTES
 *
 * Returns: (transfer full): 1 to 16 bytes more than @plain
 */
GByteArray *
ulak_cbc_encrypt (const UlakKey *key, const guint8 iv[ULAK_CBC_BLOCK_BYTES], UlakSpan plain)
{
  g_return_val_if_fail (plain.size_bytes <= ULAK_CBC_MAX_BYTES, NULL);

  return run (key, iv, plain, TRUE);
}

/**
 * ulak_cbc_decrypt:
 *
 * Errors: ULAK_ERROR_INVALID when @encrypted is empty, no whole number of blocks, or above ULAK_CBC_MAX_BYTES and 16;
 * ULAK_ERROR_DAMAGED when it does not end in padding.
 *
 * Returns: (transfer full): the plaintext, or NULL
 */
GByteArray *
ulak_cbc_decrypt (const UlakKey *key, const guint8 iv[ULAK_CBC_BLOCK_BYTES], UlakSpan encrypted, GError **error)
{
  GByteArray *plain;

  if (encrypted.size_bytes == 0
      || encrypted.size_bytes % ULAK_CBC_BLOCK_BYTES != 0
      || encrypted.size_bytes > ULAK_CBC_MAX_BYTES + ULAK_CBC_BLOCK_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "Encrypted bytes come in blocks of %d, at least one; these are %" G_GSIZE_FORMAT,
                   ULAK_CBC_BLOCK_BYTES, encrypted.size_bytes);
      return NULL;
    }

  plain = run (key, iv, encrypted, FALSE);
  if (plain == NULL)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "Encrypted bytes do not end in padding");
  return plain;
}
