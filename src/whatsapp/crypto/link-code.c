/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/link-code.h"

#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/hkdf.h"
#include "whatsapp/crypto/must.h"

#include "core/error.h"

#include <openssl/evp.h>

#define SALT_BYTES 32
#define IV_BYTES 16
#define ITERATIONS (128 * 1024)

/* What is derived from the code and one salt, and where the pieces lie in what is sent. */
typedef struct
{
  guint8 salt[SALT_BYTES];
  guint8 iv[IV_BYTES];
  guint8 hidden[ULAK_CURVE_PUBLIC_BYTES];
} Wrapped;
G_STATIC_ASSERT (sizeof (Wrapped) == ULAK_LINK_CODE_WRAPPED_BYTES);

/* Without 0, I, O and U, which people mistake. */
static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";
G_STATIC_ASSERT (sizeof alphabet == 32 + 1);

/**
 * ulak_link_code_generate:
 *
 * Makes a code of 40 random bits.
 */
void
ulak_link_code_generate (UlakLinkCode *self, UlakRandom *random)
{
  guint8 bytes[5];
  guint64 bits = 0;

  ulak_random_fill (random, bytes, sizeof bytes);
  for (gsize i = 0; i < sizeof bytes; i++)
    bits = bits << 8 | bytes[i];
  for (gsize i = 0; i < ULAK_LINK_CODE_LETTERS; i++)
    self->letters[i] = alphabet[bits >> 5 * (ULAK_LINK_CODE_LETTERS - 1 - i) & 31];
  self->letters[ULAK_LINK_CODE_LETTERS] = '\0';
}

void
ulak_link_code_clear (UlakLinkCode *self)
{
  OPENSSL_cleanse (self, sizeof *self);
}

/**
 * ulak_link_code_display:
 *
 * Returns: (transfer full): the code as people read it, XXXX-XXXX
 */
char *
ulak_link_code_display (const UlakLinkCode *self)
{
  return g_strdup_printf ("%.4s-%.4s", self->letters, self->letters + 4);
}

/* Hides or shows: AES-256-CTR is its own inverse. */
static void
cross (const UlakLinkCode *self, const Wrapped *wrapped, const guint8 *in, guint8 out[ULAK_CURVE_PUBLIC_BYTES])
{
  g_auto (UlakKey) key = { 0 };
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
  int written = 0;

  ulak_must (context != NULL);
  ulak_must (PKCS5_PBKDF2_HMAC (self->letters, ULAK_LINK_CODE_LETTERS, wrapped->salt, SALT_BYTES, ITERATIONS,
                                EVP_sha256 (), sizeof key.bytes, key.bytes)
             == 1);
  ulak_must (EVP_EncryptInit_ex (context, EVP_aes_256_ctr (), NULL, key.bytes, wrapped->iv) == 1);
  ulak_must (EVP_EncryptUpdate (context, out, &written, in, ULAK_CURVE_PUBLIC_BYTES) == 1);
  EVP_CIPHER_CTX_free (context);
}

/**
 * ulak_link_code_wrap:
 * @public_key: our ephemeral key
 *
 * Source: docs/protocol/crypto.md, "Link code".
 * Returns: (transfer full): ULAK_LINK_CODE_WRAPPED_BYTES for companion_hello
 */
GBytes *
ulak_link_code_wrap (const UlakLinkCode *self, const guint8 public_key[ULAK_CURVE_PUBLIC_BYTES], UlakRandom *random)
{
  Wrapped wrapped;

  ulak_random_fill (random, wrapped.salt, sizeof wrapped.salt);
  ulak_random_fill (random, wrapped.iv, sizeof wrapped.iv);
  cross (self, &wrapped, public_key, wrapped.hidden);
  return g_bytes_new (&wrapped, sizeof wrapped);
}

/**
 * ulak_link_code_unwrap:
 * @wrapped: from primary_hello
 *
 * Nothing tells here whether the phone knows the code: a wrong one gives another key, and the pairing fails at its end.
 *
 * Errors: ULAK_ERROR_INVALID when @wrapped has not 80 bytes.
 */
gboolean
ulak_link_code_unwrap (const UlakLinkCode *self,
                       UlakSpan wrapped,
                       guint8 public_key_out[ULAK_CURVE_PUBLIC_BYTES],
                       GError **error)
{
  if (wrapped.size_bytes != ULAK_LINK_CODE_WRAPPED_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "A wrapped key has %d bytes, not %" G_GSIZE_FORMAT,
                   ULAK_LINK_CODE_WRAPPED_BYTES, wrapped.size_bytes);
      return FALSE;
    }
  cross (self, wrapped.bytes, ((const Wrapped *) wrapped.bytes)->hidden, public_key_out);
  return TRUE;
}

static void
derive_adv_secret (const UlakKey *shared, const UlakKey *identity_shared, const UlakKey *part, UlakKey *secret_out)
{
  UlakKey parts[] = { *shared, *identity_shared, *part };

  ulak_hkdf (ULAK_SPAN_ARRAY (parts), ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("adv_secret"), secret_out->bytes,
             sizeof secret_out->bytes);
  OPENSSL_cleanse (parts, sizeof parts);
}

/* salt, nonce, and the sealed bundle of both identities and the random part of the ADV secret */
static GBytes *
seal_bundle (const UlakKey *shared, UlakSpan own_identity, UlakSpan phone_identity, const UlakKey *part, UlakRandom *random)
{
  const UlakSpan pieces[] = { own_identity, phone_identity, ULAK_SPAN_ARRAY (part->bytes) };
  g_autoptr (GByteArray) bundle = ulak_span_join (pieces, G_N_ELEMENTS (pieces));
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autoptr (GBytes) sealed = NULL;
  g_auto (UlakKey) key = { 0 };
  guint8 salt[SALT_BYTES], nonce[ULAK_AEAD_NONCE_BYTES];

  ulak_random_fill (random, salt, sizeof salt);
  ulak_random_fill (random, nonce, sizeof nonce);
  ulak_hkdf (ULAK_SPAN_ARRAY (shared->bytes), ULAK_SPAN_ARRAY (salt),
             ULAK_SPAN_TEXT ("link_code_pairing_key_bundle_encryption_key"), key.bytes, sizeof key.bytes);
  sealed = ulak_aead_seal (&key, nonce, ULAK_SPAN_NONE, ULAK_SPAN (bundle->data, bundle->len));
  OPENSSL_cleanse (bundle->data, bundle->len);

  g_byte_array_append (message, salt, sizeof salt);
  g_byte_array_append (message, nonce, sizeof nonce);
  g_byte_array_append (message, g_bytes_get_data (sealed, NULL), (guint) g_bytes_get_size (sealed));
  return g_byte_array_free_to_bytes (g_steal_pointer (&message));
}

/**
 * ulak_link_code_finish:
 * @phone_ephemeral: what ulak_link_code_unwrap() gave
 * @phone_identity: from primary_hello
 * @adv_secret_out: replaces the ADV secret; to be stored before the result is sent
 *
 * Errors: ULAK_ERROR_INVALID when a key of the phone has another length or is weak.
 *
 * Returns: (transfer full): the 156 bytes for companion_finish, or NULL
 */
GBytes *
ulak_link_code_finish (const UlakKeyPair *own_ephemeral,
                       UlakSpan phone_ephemeral,
                       const UlakKeyPair *own_identity,
                       UlakSpan phone_identity,
                       UlakRandom *random,
                       UlakKey *adv_secret_out,
                       GError **error)
{
  g_auto (UlakKey) shared = { 0 };
  g_auto (UlakKey) identity_shared = { 0 };
  g_auto (UlakKey) part = { 0 };

  if (!ulak_curve_agree (&own_ephemeral->private_key, phone_ephemeral, &shared, error)
      || !ulak_curve_agree (&own_identity->private_key, phone_identity, &identity_shared, error))
    return NULL;

  ulak_random_fill (random, part.bytes, sizeof part.bytes);
  derive_adv_secret (&shared, &identity_shared, &part, adv_secret_out);
  return seal_bundle (&shared, ULAK_SPAN_ARRAY (own_identity->public_key), phone_identity, &part, random);
}
