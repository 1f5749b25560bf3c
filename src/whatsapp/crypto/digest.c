/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/digest.h"

#include "whatsapp/crypto/must.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

/* Both types are OpenSSL's contexts under our names, so that no header of OpenSSL leaves this room. */
static EVP_MAC_CTX *
mac_context (UlakHmac *self)
{
  return (EVP_MAC_CTX *) self;
}

static EVP_MD_CTX *
digest_context (UlakSha256 *self)
{
  return (EVP_MD_CTX *) self;
}

/* Looking an algorithm up costs more than a short MAC or digest: once per process, and never given back. A context that knows
 * its digest and no key yet is copied for each MAC. */
static EVP_MAC_CTX *
make_blank (UlakHmacKind kind)
{
  char *digest = kind == ULAK_HMAC_SHA256 ? (char *) "SHA256" : (char *) "SHA512";
  const OSSL_PARAM parameters[] = {
    OSSL_PARAM_construct_utf8_string (OSSL_MAC_PARAM_DIGEST, digest, 0),
    OSSL_PARAM_construct_end (),
  };
  EVP_MAC_CTX *context = EVP_MAC_CTX_new (EVP_MAC_fetch (NULL, "HMAC", NULL));

  ulak_must (context != NULL && EVP_MAC_CTX_set_params (context, parameters) == 1);
  return context;
}

static const EVP_MAC_CTX *
get_blank (UlakHmacKind kind)
{
  static gsize blanks[ULAK_HMAC_SHA512 + 1] = { 0 };

  if (g_once_init_enter (&blanks[kind]))
    g_once_init_leave (&blanks[kind], (gsize) make_blank (kind));
  return (const EVP_MAC_CTX *) blanks[kind];
}

static const EVP_MD *
get_sha256 (void)
{
  static gsize found = 0;

  if (g_once_init_enter (&found))
    g_once_init_leave (&found, (gsize) EVP_MD_fetch (NULL, "SHA256", NULL));
  return (const EVP_MD *) found;
}

/**
 * ulak_hmac_new:
 * @key: may be empty
 *
 * Source: RFC 2104.
 * Returns: (transfer full): a MAC to feed; whoever uses it does so in one thread at a time
 */
UlakHmac *
ulak_hmac_new (UlakHmacKind kind, UlakSpan key)
{
  EVP_MAC_CTX *context = EVP_MAC_CTX_dup (get_blank (kind));

  ulak_must (context != NULL);
  ulak_must (EVP_MAC_init (context, key.size_bytes > 0 ? key.bytes : "", key.size_bytes, NULL) == 1);
  return (UlakHmac *) context;
}

void
ulak_hmac_free (UlakHmac *self)
{
  EVP_MAC_CTX_free (mac_context (self));
}

void
ulak_hmac_update (UlakHmac *self, UlakSpan span)
{
  ulak_must (EVP_MAC_update (mac_context (self), span.bytes, span.size_bytes) == 1);
}

/**
 * ulak_hmac_finish:
 * @mac_out: 32 bytes for SHA-256, 64 for SHA-512
 *
 * Ends it: afterwards @self can only be freed.
 */
void
ulak_hmac_finish (UlakHmac *self, guint8 *mac_out)
{
  gsize size_bytes = 0;

  ulak_must (EVP_MAC_final (mac_context (self), mac_out, &size_bytes, EVP_MAC_CTX_get_mac_size (mac_context (self))) == 1);
}

/**
 * ulak_hmac:
 * @mac_out: 32 bytes for SHA-256, 64 for SHA-512
 */
void
ulak_hmac (UlakHmacKind kind, UlakSpan key, const UlakSpan *spans, gsize n_spans, guint8 *mac_out)
{
  g_autoptr (UlakHmac) mac = ulak_hmac_new (kind, key);

  for (gsize i = 0; i < n_spans; i++)
    ulak_hmac_update (mac, spans[i]);
  ulak_hmac_finish (mac, mac_out);
}

UlakSha256 *
ulak_sha256_new (void)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();

  ulak_must (context != NULL);
  ulak_must (EVP_DigestInit_ex (context, get_sha256 (), NULL) == 1);
  return (UlakSha256 *) context;
}

void
ulak_sha256_free (UlakSha256 *self)
{
  EVP_MD_CTX_free (digest_context (self));
}

void
ulak_sha256_update (UlakSha256 *self, UlakSpan span)
{
  ulak_must (EVP_DigestUpdate (digest_context (self), span.bytes, span.size_bytes) == 1);
}

/**
 * ulak_sha256_finish:
 *
 * Ends it: afterwards @self can only be freed.
 */
void
ulak_sha256_finish (UlakSha256 *self, guint8 digest_out[ULAK_SHA256_BYTES])
{
  ulak_must (EVP_DigestFinal_ex (digest_context (self), digest_out, NULL) == 1);
}

void
ulak_sha256 (const UlakSpan *spans, gsize n_spans, guint8 digest_out[ULAK_SHA256_BYTES])
{
  g_autoptr (UlakSha256) digest = ulak_sha256_new ();

  for (gsize i = 0; i < n_spans; i++)
    ulak_sha256_update (digest, spans[i]);
  ulak_sha256_finish (digest, digest_out);
}
