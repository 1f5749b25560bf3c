/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Two steps of HMAC, over our own: OpenSSL's derivation looks its digest up by name each time.
 */
#include "whatsapp/crypto/hkdf.h"

#include "whatsapp/crypto/digest.h"

#include <openssl/crypto.h>

#include <string.h>

/**
 * ulak_hkdf:
 * @secret: the input key; may be empty
 * @salt: may be empty, which is the same as 32 zero bytes
 * @info: names the use; may be empty
 * @size_bytes: how much to make, 1 to ULAK_HKDF_MAX_BYTES
 *
 * Source: RFC 5869, with SHA-256.
 */
void
ulak_hkdf (UlakSpan secret, UlakSpan salt, UlakSpan info, guint8 *key_out, gsize size_bytes)
{
  guint8 key[ULAK_SHA256_BYTES], block[ULAK_SHA256_BYTES];
  guint8 counter = 0;

  g_return_if_fail (size_bytes > 0 && size_bytes <= ULAK_HKDF_MAX_BYTES);

  ulak_hmac (ULAK_HMAC_SHA256, salt, &secret, 1, key);
  for (gsize done = 0, n; done < size_bytes; done += n)
    {
      const UlakSpan before = ULAK_SPAN (block, counter == 0 ? 0 : sizeof block);
      const UlakSpan parts[] = { before, info, ULAK_SPAN (&counter, 1) };

      counter++;
      ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (key), parts, G_N_ELEMENTS (parts), block);
      n = MIN (size_bytes - done, sizeof block);
      memcpy (key_out + done, block, n);
    }
  OPENSSL_cleanse (key, sizeof key);
  OPENSSL_cleanse (block, sizeof block);
}
