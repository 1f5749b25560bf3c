/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Digests: SHA-256, and HMAC over SHA-256 and SHA-512 (RFC 2104), in one go or piece by piece.
 */
#pragma once

#include "whatsapp/crypto/span.h"

G_BEGIN_DECLS

#define ULAK_SHA256_BYTES 32
#define ULAK_SHA512_BYTES 64

typedef enum
{
  ULAK_HMAC_SHA256,
  ULAK_HMAC_SHA512,
} UlakHmacKind;

typedef struct _UlakHmac UlakHmac;

UlakHmac *ulak_hmac_new (UlakHmacKind kind, UlakSpan key);
void ulak_hmac_free (UlakHmac *self);
void ulak_hmac_update (UlakHmac *self, UlakSpan span);
void ulak_hmac_finish (UlakHmac *self, guint8 *mac_out);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakHmac, ulak_hmac_free)

void ulak_hmac (UlakHmacKind kind, UlakSpan key, const UlakSpan *spans, gsize n_spans, guint8 *mac_out);

typedef struct _UlakSha256 UlakSha256;

UlakSha256 *ulak_sha256_new (void);
void ulak_sha256_free (UlakSha256 *self);
void ulak_sha256_update (UlakSha256 *self, UlakSpan span);
void ulak_sha256_finish (UlakSha256 *self, guint8 digest_out[ULAK_SHA256_BYTES]);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSha256, ulak_sha256_free)

void ulak_sha256 (const UlakSpan *spans, gsize n_spans, guint8 digest_out[ULAK_SHA256_BYTES]);

G_END_DECLS
