/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * AEAD: AES-256-GCM with 12-byte nonces and the 16-byte tag behind the ciphertext (NIST SP 800-38D).
 *
 * For single messages whose nonce is random or fixed by the protocol. What is sealed in order under one key, frame by
 * frame, is counter-cipher.h.
 */
#pragma once

#include "whatsapp/crypto/key.h"
#include "whatsapp/crypto/span.h"

G_BEGIN_DECLS

#define ULAK_AEAD_NONCE_BYTES 12
#define ULAK_AEAD_TAG_BYTES 16

GBytes *
ulak_aead_seal (const UlakKey *key, const guint8 nonce[ULAK_AEAD_NONCE_BYTES], UlakSpan associated, UlakSpan plain);
GBytes *ulak_aead_open (const UlakKey *key, UlakSpan nonce, UlakSpan associated, UlakSpan sealed, GError **error);

G_END_DECLS
