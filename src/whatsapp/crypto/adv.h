/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ADV: how an account proves which devices are its own.
 *
 * The phone's identity key signs each companion, and the companion signs back. At pairing the whole statement is also
 * under an HMAC with the secret that was in the QR text. The fields come parsed; keys here are raw, without 05.
 */
#pragma once

#include "whatsapp/crypto/curve.h"

G_BEGIN_DECLS

typedef struct
{
  UlakSpan details;               /* serialized ADVDeviceIdentity: the bytes signed */
  UlakSpan account_signature_key; /* the phone's identity; absent in the wild: put in the one that is known */
  UlakSpan account_signature;
  UlakSpan device_signature;
  gboolean is_hosted; /* deviceType of the details is HOSTED */
} UlakAdvIdentity;

gboolean ulak_adv_check_pairing (const UlakKey *adv_secret, UlakSpan details, UlakSpan mac, gboolean is_hosted_account);
gboolean ulak_adv_check_account (const UlakAdvIdentity *self, UlakSpan device_key);
gboolean ulak_adv_check_device (const UlakAdvIdentity *self, UlakSpan device_key);
void ulak_adv_sign_device (const UlakAdvIdentity *self,
                           const UlakKeyPair *own_identity,
                           UlakRandom *random,
                           guint8 signature_out[ULAK_CURVE_SIGNATURE_BYTES]);
gboolean ulak_adv_check_key_index_list (UlakSpan details, UlakSpan signature, UlakSpan account_signature_key);

G_END_DECLS
