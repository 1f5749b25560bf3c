/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The pairs come from OpenSSL (crypto/curve.h), which makes them four times as fast as libsignal does.
 */
#include "whatsapp/session/pre-key-record.h"

#include "whatsapp/crypto/must.h"

#include <session_pre_key.h>
#include <signal_protocol.h>

static ec_key_pair *
pair_of (const UlakKeyPair *pair)
{
  guint8 prefixed[ULAK_CURVE_PREFIXED_BYTES];
  ec_public_key *public_key = NULL;
  ec_private_key *private_key = NULL;
  ec_key_pair *made = NULL;

  ulak_curve_prefix (pair->public_key, prefixed);
  ulak_must (curve_decode_point (&public_key, prefixed, sizeof prefixed, NULL) == 0);
  ulak_must (curve_decode_private_point (&private_key, pair->private_key.bytes, ULAK_KEY_BYTES, NULL) == 0);
  ulak_must (ec_key_pair_create (&made, public_key, private_key) == 0);
  SIGNAL_UNREF (public_key);
  SIGNAL_UNREF (private_key);
  return made;
}

static GBytes *
take_buffer (signal_buffer *buffer)
{
  GBytes *bytes = g_bytes_new (signal_buffer_data (buffer), signal_buffer_len (buffer));

  signal_buffer_bzero_free (buffer);
  return bytes;
}

GBytes *
ulak_pre_key_record_new (guint32 id, const UlakKeyPair *pair)
{
  ec_key_pair *made = pair_of (pair);
  session_pre_key *key = NULL;
  signal_buffer *buffer = NULL;

  ulak_must (session_pre_key_create (&key, id, made) == 0);
  ulak_must (session_pre_key_serialize (&buffer, key) == 0);
  SIGNAL_UNREF (key);
  SIGNAL_UNREF (made);
  return take_buffer (buffer);
}

GBytes *
ulak_signed_pre_key_record_new (guint32 id,
                                const UlakKeyPair *pair,
                                const guint8 signature[ULAK_CURVE_SIGNATURE_BYTES],
                                gint64 now_us)
{
  ec_key_pair *made = pair_of (pair);
  session_signed_pre_key *key = NULL;
  signal_buffer *buffer = NULL;

  ulak_must (
      session_signed_pre_key_create (&key, id, (guint64) (now_us / 1000), made, signature, ULAK_CURVE_SIGNATURE_BYTES)
      == 0);
  ulak_must (session_signed_pre_key_serialize (&buffer, key) == 0);
  SIGNAL_UNREF (key);
  SIGNAL_UNREF (made);
  return take_buffer (buffer);
}
