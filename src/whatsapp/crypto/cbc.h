/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * CBC: AES-256-CBC with PKCS #7 padding in one go, for values that fit in memory (NIST SP 800-38A, RFC 5652).
 *
 * CBC alone tells nobody whether bytes are genuine: check the MAC first, always. Media are media-cipher.h.
 */
#pragma once

#include "whatsapp/crypto/key.h"
#include "whatsapp/crypto/span.h"

G_BEGIN_DECLS

#define ULAK_CBC_BLOCK_BYTES 16
#define ULAK_CBC_MAX_BYTES (64 * 1024 * 1024) /* arbitrary; far above any app-state record */

GByteArray *ulak_cbc_encrypt (const UlakKey *key, const guint8 iv[ULAK_CBC_BLOCK_BYTES], UlakSpan plain);
GByteArray *
ulak_cbc_decrypt (const UlakKey *key, const guint8 iv[ULAK_CBC_BLOCK_BYTES], UlakSpan encrypted, GError **error);

G_END_DECLS
