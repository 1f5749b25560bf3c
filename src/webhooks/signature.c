/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/signature.h"

#include "core/error.h"

#include <sodium.h>
#include <string.h>

/**
 * ulak_signing_secret_new:
 * @random: the system's generator, except in tests
 *
 * Returns: (transfer full): a fresh secret, "whsec_" and Base64 as receivers are given it
 */
UlakSecret *
ulak_signing_secret_new (UlakRandom *random)
{
  guint8 bytes[ULAK_SIGNING_SECRET_BYTES];
  char text[sizeof ULAK_SIGNING_SECRET_PREFIX + 64];
  UlakSecret *secret;

  ulak_random_fill (random, bytes, sizeof bytes);
  strcpy (text, ULAK_SIGNING_SECRET_PREFIX);
  sodium_bin2base64 (text + strlen (ULAK_SIGNING_SECRET_PREFIX), sizeof text - strlen (ULAK_SIGNING_SECRET_PREFIX),
                     bytes, sizeof bytes, sodium_base64_VARIANT_ORIGINAL);
  secret = ulak_secret_new (text, strlen (text));
  sodium_memzero (bytes, sizeof bytes);
  sodium_memzero (text, sizeof text);
  return secret;
}

static gboolean
decode_secret (const UlakSecret *secret, guint8 *key, gsize key_max, gsize *key_bytes_out, GError **error)
{
  const char *text = ulak_secret_get_text (secret);

  if (text != NULL && g_str_has_prefix (text, ULAK_SIGNING_SECRET_PREFIX))
    {
      text += strlen (ULAK_SIGNING_SECRET_PREFIX);
      if (sodium_base642bin (key, key_max, text, strlen (text), NULL, key_bytes_out, NULL,
                             sodium_base64_VARIANT_ORIGINAL)
          == 0)
        return TRUE;
    }
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "The signing secret is not %s and Base64",
               ULAK_SIGNING_SECRET_PREFIX);
  return FALSE;
}

/**
 * ulak_signature_new:
 * @secret: "whsec_" and Base64 of 1 to 64 bytes
 * @message_id: webhook-id
 * @timestamp_s: webhook-timestamp, seconds since 1970 UTC
 * @body: the request's body
 * @body_bytes: its size
 *
 * Returns: (transfer full): one signature of the header webhook-signature, "v1," and Base64; %NULL with
 *   %ULAK_ERROR_DAMAGED
 */
char *
ulak_signature_new (const UlakSecret *secret,
                    const char *message_id,
                    gint64 timestamp_s,
                    const char *body,
                    gsize body_bytes,
                    GError **error)
{
  g_autofree char *prefix = g_strdup_printf ("%s.%" G_GINT64_FORMAT ".", message_id, timestamp_s);
  crypto_auth_hmacsha256_state state;
  guint8 hash[crypto_auth_hmacsha256_BYTES];
  g_autofree char *encoded = NULL;
  guint8 key[64];
  gsize key_bytes;

  if (!decode_secret (secret, key, sizeof key, &key_bytes, error))
    return NULL;

  crypto_auth_hmacsha256_init (&state, key, key_bytes);
  crypto_auth_hmacsha256_update (&state, (const guint8 *) prefix, strlen (prefix));
  crypto_auth_hmacsha256_update (&state, (const guint8 *) body, body_bytes);
  crypto_auth_hmacsha256_final (&state, hash);
  sodium_memzero (key, sizeof key);
  sodium_memzero (&state, sizeof state);

  encoded = g_base64_encode (hash, sizeof hash);
  return g_strconcat ("v1,", encoded, NULL);
}
