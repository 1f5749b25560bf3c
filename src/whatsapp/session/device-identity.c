/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The account key may be left out of the statement: then it is the known identity of device 0.
 */
#include "whatsapp/session/device-identity.h"

#include "whatsapp/codec/protobufs.h"
#include "whatsapp/crypto/adv.h"
#include "whatsapp/session/device-cipher.h"

static UlakSpan
span_of (const ProtobufCBinaryData *bytes)
{
  return ULAK_SPAN (bytes->data, bytes->len);
}

static gboolean
is_hosted (const ProtobufCBinaryData *details, gboolean *is_readable_out)
{
  g_autoptr (Wa__ADVDeviceIdentity) identity
      = ulak_protobuf_unpack_bytes (&wa__advdevice_identity__descriptor, details, NULL);

  *is_readable_out = identity != NULL;
  return identity != NULL && identity->device_type == WA__ADVENCRYPTION_TYPE__HOSTED;
}

gboolean
ulak_device_identity_check (UlakDatabase *database,
                            const UlakPeerDevice *device,
                            UlakSpan statement,
                            UlakSpan identity,
                            gboolean *holds_out,
                            gboolean *is_other_account_out,
                            GError **error)
{
  g_autoptr (Wa__ADVSignedDeviceIdentity) signed_identity
      = ulak_protobuf_unpack (&wa__advsigned_device_identity__descriptor, statement.bytes, statement.size_bytes, NULL);
  const UlakPeerDevice phone = { device->peer, 0 };
  guint8 account_key[ULAK_CURVE_PUBLIC_BYTES];
  gboolean has_account_key, is_readable;
  UlakAdvIdentity adv;

  *holds_out = FALSE;
  *is_other_account_out = FALSE;
  if (!ulak_device_get_identity (database, &phone, account_key, &has_account_key, error))
    return FALSE;
  if (signed_identity == NULL)
    return TRUE;

  adv = (UlakAdvIdentity){
    .details = span_of (&signed_identity->details),
    .account_signature_key = span_of (&signed_identity->account_signature_key),
    .account_signature = span_of (&signed_identity->account_signature),
    .device_signature = span_of (&signed_identity->device_signature),
    .is_hosted = is_hosted (&signed_identity->details, &is_readable),
  };
  if (adv.account_signature_key.size_bytes == 0 && has_account_key)
    adv.account_signature_key = ULAK_SPAN_ARRAY (account_key);
  *holds_out = is_readable && ulak_adv_check_account (&adv, identity) && ulak_adv_check_device (&adv, identity);
  *is_other_account_out
      = has_account_key && !ulak_span_equals (adv.account_signature_key, ULAK_SPAN_ARRAY (account_key));
  return TRUE;
}
