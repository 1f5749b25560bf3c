/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Curve: X25519 key pairs and agreements (RFC 7748, by OpenSSL) and XEdDSA signatures (by libsignal-protocol-c).
 *
 * Public keys are 32 raw bytes. Inside Signal's messages they carry the type byte 05 in front; ulak_curve_prefix() and
 * ulak_curve_unprefix() are the only places that know it.
 */
#pragma once

#include "whatsapp/crypto/key.h"
#include "whatsapp/crypto/span.h"

#include "core/random.h"

G_BEGIN_DECLS

#define ULAK_CURVE_PUBLIC_BYTES 32
#define ULAK_CURVE_PREFIXED_BYTES 33
#define ULAK_CURVE_SIGNATURE_BYTES 64

typedef struct
{
  UlakKey private_key;
  guint8 public_key[ULAK_CURVE_PUBLIC_BYTES];
} UlakKeyPair;

void ulak_key_pair_generate (UlakKeyPair *self, UlakRandom *random);
void ulak_key_pair_set (UlakKeyPair *self, const UlakKey *private_key);
void ulak_key_pair_clear (UlakKeyPair *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakKeyPair, ulak_key_pair_clear)

gboolean ulak_curve_agree (const UlakKey *private_key, UlakSpan public_key, UlakKey *shared_out, GError **error);
void ulak_curve_sign (const UlakKey *private_key,
                      UlakRandom *random,
                      const UlakSpan *spans,
                      gsize n_spans,
                      guint8 signature_out[ULAK_CURVE_SIGNATURE_BYTES]);
gboolean ulak_curve_verify (UlakSpan public_key, const UlakSpan *spans, gsize n_spans, UlakSpan signature);

void ulak_curve_prefix (const guint8 public_key[ULAK_CURVE_PUBLIC_BYTES], guint8 prefixed_out[ULAK_CURVE_PREFIXED_BYTES]);
gboolean ulak_curve_unprefix (UlakSpan prefixed, guint8 public_key_out[ULAK_CURVE_PUBLIC_BYTES], GError **error);

void ulak_curve_sign_pre_key (const UlakKey *identity_private,
                              UlakRandom *random,
                              const guint8 pre_key[ULAK_CURVE_PUBLIC_BYTES],
                              guint8 signature_out[ULAK_CURVE_SIGNATURE_BYTES]);
gboolean ulak_curve_verify_pre_key (UlakSpan identity_public, UlakSpan pre_key, UlakSpan signature);

G_END_DECLS
