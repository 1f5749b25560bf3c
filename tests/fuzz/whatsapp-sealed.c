/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bytes that nobody sealed open nowhere: as a frame, as an app-state value, as a message's secret content, as the server's
 * hello (cut in three by the first two bytes) and as a signature. What CBC decrypts encrypts to the same bytes again.
 */
#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/app-state.h"
#include "whatsapp/crypto/cbc.h"
#include "whatsapp/crypto/msg-secret.h"
#include "whatsapp/crypto/noise.h"

#include "core/error.h"

#include "fuzz/target.h"
#include "unit/fakes/random.h"

static const UlakKey key = { { 4, 5, 6 } };

static void
try_values (UlakSpan bytes)
{
  static const UlakAppStateKeys keys;
  const UlakMsgSecret secret = { ULAK_MSG_SECRET_POLL_VOTE, key, "3EB0", "1@lid", "2@lid" };
  g_autoptr (GError) error = NULL;
  UlakSpan nonce = ULAK_SPAN (bytes.bytes, MIN (bytes.size_bytes, ULAK_AEAD_NONCE_BYTES));

  g_assert_null (ulak_app_state_open_value (&keys, ULAK_APP_STATE_SET, ULAK_SPAN_TEXT ("id"), bytes, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (ulak_msg_secret_open (&secret, nonce, bytes, &error));
  g_assert_nonnull (error);
}

static void
try_cbc (UlakSpan bytes)
{
  static const guint8 iv[ULAK_CBC_BLOCK_BYTES];
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) plain = ulak_cbc_decrypt (&key, iv, bytes, &error), again = NULL;

  g_assert_true ((plain == NULL) == (error != NULL));
  if (plain == NULL)
    return;
  again = ulak_cbc_encrypt (&key, iv, ULAK_SPAN (plain->data, plain->len));
  g_assert_cmpmem (again->data, again->len, bytes.bytes, bytes.size_bytes);
}

static void
try_frames (UlakSpan bytes)
{
  g_autoptr (UlakCounterCipher) cipher = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_OPENS, &key, 0);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_counter_cipher_open (cipher, ULAK_SPAN_NONE, bytes, out, NULL));
  g_assert_false (ulak_counter_cipher_open (cipher, ULAK_SPAN_NONE, bytes, out, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_assert_cmpuint (out->len, ==, 0);
}

static UlakSpan
take (UlakSpan *rest, gsize size_bytes)
{
  UlakSpan taken = ULAK_SPAN (rest->bytes, MIN (size_bytes, rest->size_bytes));

  *rest = ULAK_SPAN ((const guint8 *) rest->bytes + taken.size_bytes, rest->size_bytes - taken.size_bytes);
  return taken;
}

static void
try_hello (UlakSpan bytes)
{
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (1);
  g_auto (UlakNoiseResult) result = { 0 };
  g_autoptr (UlakNoise) noise = NULL;
  g_autoptr (GError) error = NULL;
  const guint8 *sizes = take (&bytes, 2).bytes;
  UlakSpan ephemeral, encrypted_static;
  UlakKeyPair pair;

  ulak_key_pair_set (&pair, &key);
  noise = ulak_noise_new (&pair, ULAK_SPAN_TEXT ("WA"), ULAK_RANDOM (random));
  ephemeral = take (&bytes, sizes[0]);
  encrypted_static = take (&bytes, sizes[1]);
  g_assert_null (ulak_noise_read_server_hello (noise, ephemeral, encrypted_static, bytes, &error));
  g_assert_nonnull (error);
  g_assert_false (ulak_noise_finish (noise, ULAK_SPAN_NONE, &result, NULL));
}

static void
try_signature (UlakSpan bytes)
{
  UlakSpan message = ULAK_SPAN_TEXT ("a message that was never signed");
  UlakKeyPair pair;

  ulak_key_pair_set (&pair, &key);
  g_assert_false (ulak_curve_verify (ULAK_SPAN_ARRAY (pair.public_key), &message, 1, bytes));
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  UlakSpan span = ULAK_SPAN (bytes, size_bytes);

  if (size_bytes < 2)
    return 0;

  try_values (span);
  try_cbc (span);
  try_frames (span);
  try_hello (span);
  try_signature (span);
  return 0;
}
