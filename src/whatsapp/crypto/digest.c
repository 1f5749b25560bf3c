/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/digest.h"

#include "whatsapp/crypto/must.h"

#include <openssl/evp.h>

#include <string.h>

#define BLOCK_MAX_BYTES 128
#define INNER_PAD 0x36
#define OUTER_PAD 0x5c

/* OpenSSL's own MAC costs some thirty allocations each time, which is more than the digest of a short message does. So HMAC is
 * built here over one digest context, and a thread keeps the one that it used last. */
struct _UlakHmac
{
  EVP_MD_CTX *context; /* (owned) */
  UlakHmacKind kind;
  gboolean is_finished;
  guint8 outer[BLOCK_MAX_BYTES]; /* the key, with the outer padding */
};

static const struct
{
  const char *name;
  guint block_bytes;
  guint mac_bytes;
} kinds[] = {
  [ULAK_HMAC_SHA256] = { "SHA256", 64, ULAK_SHA256_BYTES },
  [ULAK_HMAC_SHA512] = { "SHA512", 128, ULAK_SHA512_BYTES },
};

/* The type is OpenSSL's context under our name, so that no header of OpenSSL leaves this room. */
static EVP_MD_CTX *
digest_context (UlakSha256 *self)
{
  return (EVP_MD_CTX *) self;
}

/* Looking an algorithm up costs more than a short digest: once per process, and never given back. */
static const EVP_MD *
get_digest (UlakHmacKind kind)
{
  static gsize found[G_N_ELEMENTS (kinds)];

  if (g_once_init_enter (&found[kind]))
    g_once_init_leave (&found[kind], (gsize) EVP_MD_fetch (NULL, kinds[kind].name, NULL));
  return (const EVP_MD *) found[kind];
}

static const EVP_MD *
get_sha256 (void)
{
  return get_digest (ULAK_HMAC_SHA256);
}

/* --- HMAC --- */

static void
destroy (gpointer data)
{
  UlakHmac *self = data;

  EVP_MD_CTX_free (self->context);
  OPENSSL_cleanse (self->outer, sizeof self->outer);
  g_free (self);
}

static GPrivate spare = G_PRIVATE_INIT (destroy);

static UlakHmac *
take_spare (void)
{
  UlakHmac *self = g_private_get (&spare);

  if (self != NULL)
    {
      g_private_set (&spare, NULL);
      return self;
    }
  self = g_new0 (UlakHmac, 1);
  self->context = EVP_MD_CTX_new ();
  ulak_must (self->context != NULL);
  return self;
}

static void
begin (UlakHmac *self)
{
  ulak_must (EVP_DigestInit_ex (self->context, get_digest (self->kind), NULL) == 1);
}

static void
feed (UlakHmac *self, const void *bytes, gsize size_bytes)
{
  ulak_must (EVP_DigestUpdate (self->context, bytes, size_bytes) == 1);
}

static void
end (UlakHmac *self, guint8 *digest_out)
{
  ulak_must (EVP_DigestFinal_ex (self->context, digest_out, NULL) == 1);
}

/* A key that is longer than a block stands for its digest. */
static void
set_key (UlakHmac *self, UlakSpan key)
{
  guint block_bytes = kinds[self->kind].block_bytes;
  guint8 inner[BLOCK_MAX_BYTES];

  memset (self->outer, 0, sizeof self->outer);
  if (key.size_bytes > block_bytes)
    {
      begin (self);
      feed (self, key.bytes, key.size_bytes);
      end (self, self->outer);
    }
  else if (key.size_bytes > 0)
    memcpy (self->outer, key.bytes, key.size_bytes);
  for (guint i = 0; i < block_bytes; i++)
    {
      inner[i] = self->outer[i] ^ INNER_PAD;
      self->outer[i] ^= OUTER_PAD;
    }
  begin (self);
  feed (self, inner, block_bytes);
  OPENSSL_cleanse (inner, sizeof inner);
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
  UlakHmac *self = take_spare ();

  self->kind = kind;
  self->is_finished = FALSE;
  set_key (self, key);
  return self;
}

/* What was not finished still holds something of its key. */
void
ulak_hmac_free (UlakHmac *self)
{
  if (self == NULL)
    return;
  if (!self->is_finished || g_private_get (&spare) != NULL)
    destroy (self);
  else
    g_private_set (&spare, self);
}

void
ulak_hmac_update (UlakHmac *self, UlakSpan span)
{
  feed (self, span.bytes, span.size_bytes);
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
  guint8 inner[ULAK_SHA512_BYTES];

  end (self, inner);
  begin (self);
  feed (self, self->outer, kinds[self->kind].block_bytes);
  feed (self, inner, kinds[self->kind].mac_bytes);
  end (self, mac_out);
  OPENSSL_cleanse (self->outer, sizeof self->outer);
  OPENSSL_cleanse (inner, sizeof inner);
  self->is_finished = TRUE;
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

/* --- SHA-256 --- */

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
