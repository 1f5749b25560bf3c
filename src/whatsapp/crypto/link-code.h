/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Link code: pairing by eight letters that the user types into the phone, instead of a QR.
 *
 * Both sides hide an ephemeral key under the code, agree, and derive from two agreements the ADV secret that the QR would
 * have carried. Wrapping and unwrapping stretch the code 131,072 times, tens of milliseconds: call them in a worker.
 */
#pragma once

#include "whatsapp/crypto/curve.h"

G_BEGIN_DECLS

#define ULAK_LINK_CODE_LETTERS 8
#define ULAK_LINK_CODE_WRAPPED_BYTES 80

typedef struct
{
  char letters[ULAK_LINK_CODE_LETTERS + 1];
} UlakLinkCode;

void ulak_link_code_generate (UlakLinkCode *self, UlakRandom *random);
void ulak_link_code_clear (UlakLinkCode *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakLinkCode, ulak_link_code_clear)
char *ulak_link_code_display (const UlakLinkCode *self);

GBytes *
ulak_link_code_wrap (const UlakLinkCode *self, const guint8 public_key[ULAK_CURVE_PUBLIC_BYTES], UlakRandom *random);
gboolean ulak_link_code_unwrap (const UlakLinkCode *self,
                                UlakSpan wrapped,
                                guint8 public_key_out[ULAK_CURVE_PUBLIC_BYTES],
                                GError **error);
GBytes *ulak_link_code_finish (const UlakKeyPair *own_ephemeral,
                               UlakSpan phone_ephemeral,
                               const UlakKeyPair *own_identity,
                               UlakSpan phone_identity,
                               UlakRandom *random,
                               UlakKey *adv_secret_out,
                               GError **error);

G_END_DECLS
