/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/counter-cipher.h"

#include "whatsapp/crypto/gcm.h"

#include "core/error.h"

struct _UlakCounterCipher
{
  EVP_CIPHER_CTX *context; /* (owned): keyed; holds the only copy of the key and wipes it */
  UlakCounterCipherKind kind;
  guint64 next; /* above G_MAXUINT32: ended */
};

#define ENDED ((guint64) G_MAXUINT32 + 1)

/**
 * ulak_counter_cipher_new:
 * @first: number of the first message; 0 but inside a handshake
 *
 * Source: the Noise Protocol Framework, section 5.1 (a cipher state); WhatsApp counts in 32 bits, big-endian.
 */
UlakCounterCipher *
ulak_counter_cipher_new (UlakCounterCipherKind kind, const UlakKey *key, guint32 first)
{
  UlakCounterCipher *self = g_new0 (UlakCounterCipher, 1);

  self->kind = kind;
  self->context = ulak_gcm_new (key, kind == ULAK_COUNTER_CIPHER_SEALS);
  self->next = first;
  return self;
}

void
ulak_counter_cipher_free (UlakCounterCipher *self)
{
  EVP_CIPHER_CTX_free (self->context);
  g_free (self);
}

static gboolean
take_nonce (UlakCounterCipher *self, guint8 nonce_out[ULAK_AEAD_NONCE_BYTES], GError **error)
{
  guint32 number = GUINT32_TO_BE ((guint32) self->next);

  if (self->next == ENDED)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "This cipher has ended; connect again for a new one");
      return FALSE;
    }

  memset (nonce_out, 0, ULAK_AEAD_NONCE_BYTES);
  memcpy (nonce_out + ULAK_AEAD_NONCE_BYTES - sizeof number, &number, sizeof number);
  self->next++;
  return TRUE;
}

/**
 * ulak_counter_cipher_seal:
 * @out: gets the ciphertext and its tag behind what it holds already
 *
 * Errors: ULAK_ERROR_WRONG_STATE after 2^32 messages.
 */
gboolean
ulak_counter_cipher_seal (UlakCounterCipher *self, UlakSpan associated, UlakSpan plain, GByteArray *out, GError **error)
{
  guint8 nonce[ULAK_AEAD_NONCE_BYTES];

  g_return_val_if_fail (self->kind == ULAK_COUNTER_CIPHER_SEALS, FALSE);

  if (!take_nonce (self, nonce, error))
    return FALSE;
  ulak_gcm_seal (self->context, nonce, associated, plain, out);
  return TRUE;
}

/**
 * ulak_counter_cipher_open:
 * @out: gets the plaintext behind what it holds already, or nothing
 *
 * Errors: ULAK_ERROR_INVALID for bytes shorter than a tag, ULAK_ERROR_DAMAGED for a wrong tag (changed, repeated, out of
 * order); both end the cipher. ULAK_ERROR_WRONG_STATE once it has ended.
 */
gboolean
ulak_counter_cipher_open (UlakCounterCipher *self, UlakSpan associated, UlakSpan sealed, GByteArray *out, GError **error)
{
  guint8 nonce[ULAK_AEAD_NONCE_BYTES];

  g_return_val_if_fail (self->kind == ULAK_COUNTER_CIPHER_OPENS, FALSE);

  if (!take_nonce (self, nonce, error))
    return FALSE;
  if (ulak_gcm_open (self->context, nonce, associated, sealed, out, error))
    return TRUE;
  self->next = ENDED;
  return FALSE;
}
