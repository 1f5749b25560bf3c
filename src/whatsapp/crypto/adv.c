/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/adv.h"

#include "whatsapp/crypto/digest.h"

/* Two bytes in front of what is signed keep statements of one kind from passing as another. */
#define PREFIX_BYTES 2

static const guint8 account_prefix[PREFIX_BYTES] = { 0x06, 0x00 };
static const guint8 device_prefix[PREFIX_BYTES] = { 0x06, 0x01 };
static const guint8 key_index_prefix[PREFIX_BYTES] = { 0x06, 0x02 };
static const guint8 hosted_account_prefix[PREFIX_BYTES] = { 0x06, 0x05 };
static const guint8 hosted_device_prefix[PREFIX_BYTES] = { 0x06, 0x06 };

/**
 * ulak_adv_check_pairing:
 * @adv_secret: the secret of the QR text, or the one agreed with a link code
 * @details: serialized ADVSignedDeviceIdentity
 * @mac: the hmac beside it
 * @is_hosted_account: accountType is HOSTED
 *
 * Returns: whether the phone that saw our secret made this
 */
gboolean
ulak_adv_check_pairing (const UlakKey *adv_secret, UlakSpan details, UlakSpan mac, gboolean is_hosted_account)
{
  const UlakSpan spans[] = { ULAK_SPAN (hosted_account_prefix, is_hosted_account ? PREFIX_BYTES : 0), details };
  guint8 expected[ULAK_SHA256_BYTES];

  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (adv_secret->bytes), spans, G_N_ELEMENTS (spans), expected);
  return ulak_span_equals (ULAK_SPAN_ARRAY (expected), mac);
}

/**
 * ulak_adv_check_account:
 * @device_key: identity key of the device that the statement is about, 32 bytes
 *
 * Source: docs/protocol/crypto.md, "Devices of an account".
 * Returns: whether the account's phone signed the device
 */
gboolean
ulak_adv_check_account (const UlakAdvIdentity *self, UlakSpan device_key)
{
  const UlakSpan spans[] = {
    ULAK_SPAN (self->is_hosted ? hosted_account_prefix : account_prefix, PREFIX_BYTES),
    self->details,
    device_key,
  };

  return device_key.size_bytes == ULAK_CURVE_PUBLIC_BYTES
         && ulak_curve_verify (self->account_signature_key, spans, G_N_ELEMENTS (spans), self->account_signature);
}

/**
 * ulak_adv_check_device:
 *
 * Returns: whether the device signed that it belongs to the account
 */
gboolean
ulak_adv_check_device (const UlakAdvIdentity *self, UlakSpan device_key)
{
  const UlakSpan spans[] = {
    ULAK_SPAN (self->is_hosted ? hosted_device_prefix : device_prefix, PREFIX_BYTES),
    self->details,
    device_key,
    self->account_signature_key,
  };

  return self->account_signature_key.size_bytes == ULAK_CURVE_PUBLIC_BYTES
         && ulak_curve_verify (device_key, spans, G_N_ELEMENTS (spans), self->device_signature);
}

/**
 * ulak_adv_sign_device:
 * @self: checked with ulak_adv_check_account()
 *
 * Makes our own device signature, which is never one of a hosted device.
 */
void
ulak_adv_sign_device (const UlakAdvIdentity *self,
                      const UlakKeyPair *own_identity,
                      UlakRandom *random,
                      guint8 signature_out[ULAK_CURVE_SIGNATURE_BYTES])
{
  const UlakSpan spans[] = {
    ULAK_SPAN_ARRAY (device_prefix),
    self->details,
    ULAK_SPAN_ARRAY (own_identity->public_key),
    self->account_signature_key,
  };

  ulak_curve_sign (&own_identity->private_key, random, spans, G_N_ELEMENTS (spans), signature_out);
}

/**
 * ulak_adv_check_key_index_list:
 * @details: serialized ADVKeyIndexList
 *
 * The rule is of WhatsApp's white paper and was not confirmed on real accounts: log a failure, do not act on it.
 */
gboolean
ulak_adv_check_key_index_list (UlakSpan details, UlakSpan signature, UlakSpan account_signature_key)
{
  const UlakSpan spans[] = { ULAK_SPAN_ARRAY (key_index_prefix), details };

  return ulak_curve_verify (account_signature_key, spans, G_N_ELEMENTS (spans), signature);
}
