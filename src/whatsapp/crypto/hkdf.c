/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/hkdf.h"

#include "whatsapp/crypto/must.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

static EVP_KDF *
hkdf_algorithm (void)
{
  static gsize found = 0;

  if (g_once_init_enter (&found))
    g_once_init_leave (&found, (gsize) EVP_KDF_fetch (NULL, "HKDF", NULL));
  return (EVP_KDF *) found;
}

static OSSL_PARAM
octets (const char *name, UlakSpan span)
{
  return OSSL_PARAM_construct_octet_string (name, (void *) (span.size_bytes > 0 ? span.bytes : ""), span.size_bytes);
}

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
  OSSL_PARAM parameters[] = {
    OSSL_PARAM_construct_utf8_string (OSSL_KDF_PARAM_DIGEST, (char *) "SHA256", 0),
    octets (OSSL_KDF_PARAM_KEY, secret),
    octets (OSSL_KDF_PARAM_SALT, salt),
    octets (OSSL_KDF_PARAM_INFO, info),
    OSSL_PARAM_construct_end (),
  };
  EVP_KDF_CTX *context;

  g_return_if_fail (size_bytes > 0 && size_bytes <= ULAK_HKDF_MAX_BYTES);

  context = EVP_KDF_CTX_new (hkdf_algorithm ());
  ulak_must (context != NULL);
  ulak_must (EVP_KDF_derive (context, key_out, size_bytes, parameters) == 1);
  EVP_KDF_CTX_free (context);
}
