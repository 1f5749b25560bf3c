/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * GCM: one AES-256-GCM operation on a context that has its key already. Inside this room only: aead.c makes a context
 * for each message, counter-cipher.c keeps one for a connection.
 */
#pragma once

#include "whatsapp/crypto/aead.h"

#include <openssl/evp.h>

EVP_CIPHER_CTX *ulak_gcm_new (const UlakKey *key, gboolean is_sealing);
void ulak_gcm_seal (EVP_CIPHER_CTX *context, const guint8 *nonce, UlakSpan associated, UlakSpan plain, GByteArray *out);
gboolean ulak_gcm_open (EVP_CIPHER_CTX *context,
                        const guint8 *nonce,
                        UlakSpan associated,
                        UlakSpan sealed,
                        GByteArray *out,
                        GError **error);
