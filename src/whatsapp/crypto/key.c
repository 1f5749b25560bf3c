/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/key.h"

#include <openssl/crypto.h>

#include <string.h>

/**
 * ulak_key_set:
 * @size_bytes: 32; anything else is a mistake of the programmer, so check what comes from outside first
 */
void
ulak_key_set (UlakKey *self, const void *bytes, gsize size_bytes)
{
  g_return_if_fail (size_bytes == ULAK_KEY_BYTES);

  memcpy (self->bytes, bytes, ULAK_KEY_BYTES);
}

void
ulak_key_clear (UlakKey *self)
{
  OPENSSL_cleanse (self->bytes, sizeof self->bytes);
}

/**
 * ulak_key_equals:
 *
 * Returns: whether both are the same key; takes the same time whatever they hold
 */
gboolean
ulak_key_equals (const UlakKey *self, const UlakKey *other)
{
  return CRYPTO_memcmp (self->bytes, other->bytes, sizeof self->bytes) == 0;
}
