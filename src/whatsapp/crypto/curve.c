/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/curve.h"

#include "whatsapp/crypto/must.h"
#include "whatsapp/crypto/signal-context.h"

#include "core/error.h"

#include <curve.h>
#include <openssl/evp.h>

#define TYPE_BYTE 0x05

static void
derive_public (const UlakKey *private_key, guint8 public_key_out[ULAK_CURVE_PUBLIC_BYTES])
{
  EVP_PKEY *key = EVP_PKEY_new_raw_private_key (EVP_PKEY_X25519, NULL, private_key->bytes, sizeof private_key->bytes);
  gsize size_bytes = ULAK_CURVE_PUBLIC_BYTES;

  ulak_must (key != NULL);
  ulak_must (EVP_PKEY_get_raw_public_key (key, public_key_out, &size_bytes) == 1);
  EVP_PKEY_free (key);
}

/**
 * ulak_key_pair_set:
 *
 * Makes the pair of a private key, which is clamped as both libraries expect it.
 *
 * Source: RFC 7748, section 5 (decodeScalar25519).
 */
void
ulak_key_pair_set (UlakKeyPair *self, const UlakKey *private_key)
{
  self->private_key = *private_key;
  self->private_key.bytes[0] &= 248;
  self->private_key.bytes[31] &= 127;
  self->private_key.bytes[31] |= 64;
  derive_public (&self->private_key, self->public_key);
}

/**
 * ulak_key_pair_generate:
 * @random: in a program the system's generator, which a key must come from
 */
void
ulak_key_pair_generate (UlakKeyPair *self, UlakRandom *random)
{
  g_auto (UlakKey) key = { 0 };

  ulak_random_fill (random, key.bytes, sizeof key.bytes);
  ulak_key_pair_set (self, &key);
}

void
ulak_key_pair_clear (UlakKeyPair *self)
{
  ulak_key_clear (&self->private_key);
}

static gboolean
check_public (UlakSpan public_key, GError **error)
{
  if (public_key.size_bytes == ULAK_CURVE_PUBLIC_BYTES)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "A public key has %d bytes, not %" G_GSIZE_FORMAT,
               ULAK_CURVE_PUBLIC_BYTES, public_key.size_bytes);
  return FALSE;
}

/* OpenSSL refuses the agreements that are all zero, those with a point of small order. */
static gboolean
derive_shared (EVP_PKEY *own, EVP_PKEY *peer, UlakKey *shared_out)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new (own, NULL);
  gsize size_bytes = sizeof shared_out->bytes;
  gboolean has_agreed;

  ulak_must (context != NULL);
  has_agreed = EVP_PKEY_derive_init (context) == 1
               && EVP_PKEY_derive_set_peer (context, peer) == 1
               && EVP_PKEY_derive (context, shared_out->bytes, &size_bytes) == 1
               && size_bytes == sizeof shared_out->bytes;
  EVP_PKEY_CTX_free (context);
  return has_agreed;
}

/**
 * ulak_curve_agree:
 * @public_key: the other side's, 32 bytes
 *
 * Errors: ULAK_ERROR_INVALID when @public_key has another length or leads to a secret that everybody knows.
 *
 * Source: RFC 7748, section 6.1.
 */
gboolean
ulak_curve_agree (const UlakKey *private_key, UlakSpan public_key, UlakKey *shared_out, GError **error)
{
  static const UlakKey zero;
  g_auto (UlakKey) shared = { 0 };
  EVP_PKEY *own, *peer;
  gboolean has_agreed;

  if (!check_public (public_key, error))
    return FALSE;

  own = EVP_PKEY_new_raw_private_key (EVP_PKEY_X25519, NULL, private_key->bytes, sizeof private_key->bytes);
  peer = EVP_PKEY_new_raw_public_key (EVP_PKEY_X25519, NULL, public_key.bytes, public_key.size_bytes);
  ulak_must (own != NULL && peer != NULL);
  has_agreed = derive_shared (own, peer, &shared) && !ulak_key_equals (&shared, &zero);
  EVP_PKEY_free (own);
  EVP_PKEY_free (peer);

  if (!has_agreed)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, "A public key is a point of small order");
      return FALSE;
    }
  *shared_out = shared;
  return TRUE;
}

/**
 * ulak_curve_sign:
 * @private_key: clamped, as in a UlakKeyPair
 * @spans: the message, in pieces
 *
 * Signs with XEdDSA: a signature of the same message is another one each time.
 *
 * Source: Signal, The XEdDSA and VXEdDSA Signature Schemes, section 2.
 */
void
ulak_curve_sign (const UlakKey *private_key,
                 UlakRandom *random,
                 const UlakSpan *spans,
                 gsize n_spans,
                 guint8 signature_out[ULAK_CURVE_SIGNATURE_BYTES])
{
  g_autoptr (GByteArray) message = ulak_span_join (spans, n_spans);
  signal_context *context = ulak_signal_context_new (random);
  ec_private_key *key = NULL;
  signal_buffer *signature = NULL;

  ulak_must (curve_decode_private_point (&key, private_key->bytes, sizeof private_key->bytes, context) == 0);
  ulak_must (curve_calculate_signature (context, &signature, key, message->data, message->len) == 0);
  ulak_must (signal_buffer_len (signature) == ULAK_CURVE_SIGNATURE_BYTES);
  memcpy (signature_out, signal_buffer_data (signature), ULAK_CURVE_SIGNATURE_BYTES);
  signal_buffer_free (signature);
  SIGNAL_UNREF (key);
  signal_context_destroy (context);
}

/**
 * ulak_curve_verify:
 * @public_key: 32 bytes; any other length is a signature that does not hold
 * @signature: 64 bytes; the same
 *
 * Returns: whether the owner of @public_key signed the message
 */
gboolean
ulak_curve_verify (UlakSpan public_key, const UlakSpan *spans, gsize n_spans, UlakSpan signature)
{
  g_autoptr (GByteArray) message = NULL;
  guint8 prefixed[ULAK_CURVE_PREFIXED_BYTES];
  ec_public_key *key = NULL;
  gboolean holds;

  if (public_key.size_bytes != ULAK_CURVE_PUBLIC_BYTES || signature.size_bytes != ULAK_CURVE_SIGNATURE_BYTES)
    return FALSE;

  message = ulak_span_join (spans, n_spans);
  ulak_curve_prefix (public_key.bytes, prefixed);
  holds = curve_decode_point (&key, prefixed, sizeof prefixed, NULL) == 0
          && curve_verify_signature (key, message->data, message->len, signature.bytes, signature.size_bytes) == 1;
  SIGNAL_UNREF (key);
  return holds;
}

void
ulak_curve_prefix (const guint8 public_key[ULAK_CURVE_PUBLIC_BYTES], guint8 prefixed_out[ULAK_CURVE_PREFIXED_BYTES])
{
  prefixed_out[0] = TYPE_BYTE;
  memcpy (prefixed_out + 1, public_key, ULAK_CURVE_PUBLIC_BYTES);
}

/**
 * ulak_curve_unprefix:
 *
 * Errors: ULAK_ERROR_INVALID when @prefixed is not 05 and 32 bytes.
 */
gboolean
ulak_curve_unprefix (UlakSpan prefixed, guint8 public_key_out[ULAK_CURVE_PUBLIC_BYTES], GError **error)
{
  const guint8 *bytes = prefixed.bytes;

  if (prefixed.size_bytes != ULAK_CURVE_PREFIXED_BYTES || bytes[0] != TYPE_BYTE)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, "A public key of Signal is the byte 05 and 32 more");
      return FALSE;
    }
  memcpy (public_key_out, bytes + 1, ULAK_CURVE_PUBLIC_BYTES);
  return TRUE;
}

/**
 * ulak_curve_sign_pre_key:
 *
 * Signs our signed pre-key with our identity: the signature is over the key with its type byte.
 *
 * Source: Signal, The X3DH Key Agreement Protocol, section 3.2.
 */
void
ulak_curve_sign_pre_key (const UlakKey *identity_private,
                         UlakRandom *random,
                         const guint8 pre_key[ULAK_CURVE_PUBLIC_BYTES],
                         guint8 signature_out[ULAK_CURVE_SIGNATURE_BYTES])
{
  guint8 prefixed[ULAK_CURVE_PREFIXED_BYTES];

  ulak_curve_prefix (pre_key, prefixed);
  ulak_curve_sign (identity_private, random, &ULAK_SPAN_ARRAY (prefixed), 1, signature_out);
}

gboolean
ulak_curve_verify_pre_key (UlakSpan identity_public, UlakSpan pre_key, UlakSpan signature)
{
  guint8 prefixed[ULAK_CURVE_PREFIXED_BYTES];

  if (pre_key.size_bytes != ULAK_CURVE_PUBLIC_BYTES)
    return FALSE;
  ulak_curve_prefix (pre_key.bytes, prefixed);
  return ulak_curve_verify (identity_public, &ULAK_SPAN_ARRAY (prefixed), 1, signature);
}
