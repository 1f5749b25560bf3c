/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Counter cipher: seals or opens a row of messages under one key, each with the next number as its nonce.
 *
 * A number is never used twice: the counter moves before the bytes are given out, and the last number ends the cipher.
 * A message that fails to open ends it too, since everything behind it would fail as well. One cipher, one direction,
 * one thread; whoever seals must send in the same order.
 */
#pragma once

#include "whatsapp/crypto/key.h"
#include "whatsapp/crypto/span.h"

G_BEGIN_DECLS

typedef enum
{
  ULAK_COUNTER_CIPHER_SEALS,
  ULAK_COUNTER_CIPHER_OPENS,
} UlakCounterCipherKind;

typedef struct _UlakCounterCipher UlakCounterCipher;

UlakCounterCipher *ulak_counter_cipher_new (UlakCounterCipherKind kind, const UlakKey *key, guint32 first);
void ulak_counter_cipher_free (UlakCounterCipher *self);
gboolean
ulak_counter_cipher_seal (UlakCounterCipher *self, UlakSpan associated, UlakSpan plain, GByteArray *out, GError **error);
gboolean
ulak_counter_cipher_open (UlakCounterCipher *self, UlakSpan associated, UlakSpan sealed, GByteArray *out, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakCounterCipher, ulak_counter_cipher_free)

G_END_DECLS
