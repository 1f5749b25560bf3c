/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/noise.h"

#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/hkdf.h"

#include "core/error.h"

#include <openssl/crypto.h>

typedef enum
{
  STATE_HELLO,       /* the server's answer is next */
  STATE_CERTIFICATE, /* its certificate waits to be accepted */
  STATE_FINISH,
  STATE_ENDED, /* finished or failed */
} State;

struct _UlakNoise
{
  State state;
  UlakKeyPair static_pair;
  UlakKeyPair ephemeral;
  guint8 server_ephemeral[ULAK_CURVE_PUBLIC_BYTES];
  guint8 server_static[ULAK_CURVE_PUBLIC_BYTES];

  /* The symmetric state; names as in the Noise Protocol Framework, section 5.2. */
  guint8 h[ULAK_SHA256_BYTES];
  UlakKey ck;
  UlakKey k;
  guint32 n;
};

/* Exactly 32 bytes, so it is taken as it is instead of its hash. */
static const char protocol_name[ULAK_SHA256_BYTES] = "Noise_XX_25519_AESGCM_SHA256";

static void
mix_hash (UlakNoise *self, UlakSpan span)
{
  const UlakSpan spans[] = { ULAK_SPAN_ARRAY (self->h), span };

  ulak_sha256 (spans, G_N_ELEMENTS (spans), self->h);
}

static void
derive_two (UlakNoise *self, UlakSpan secret, UlakKey *first_out, UlakKey *second_out)
{
  guint8 keys[2 * ULAK_KEY_BYTES];

  ulak_hkdf (secret, ULAK_SPAN_ARRAY (self->ck.bytes), ULAK_SPAN_NONE, keys, sizeof keys);
  ulak_key_set (first_out, keys, ULAK_KEY_BYTES);
  ulak_key_set (second_out, keys + ULAK_KEY_BYTES, ULAK_KEY_BYTES);
  OPENSSL_cleanse (keys, sizeof keys);
}

static gboolean
mix_agreement (UlakNoise *self, const UlakKeyPair *own, UlakSpan peer, GError **error)
{
  g_auto (UlakKey) shared = { 0 };

  if (!ulak_curve_agree (&own->private_key, peer, &shared, error))
    return FALSE;
  derive_two (self, ULAK_SPAN_ARRAY (shared.bytes), &self->ck, &self->k);
  self->n = 0;
  return TRUE;
}

static GBytes *
seal_and_mix (UlakNoise *self, UlakSpan plain, GError **error)
{
  g_autoptr (UlakCounterCipher) cipher = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_SEALS, &self->k, self->n++);
  g_autoptr (GByteArray) sealed = g_byte_array_new ();

  if (!ulak_counter_cipher_seal (cipher, ULAK_SPAN_ARRAY (self->h), plain, sealed, error))
    return NULL;
  mix_hash (self, ULAK_SPAN (sealed->data, sealed->len));
  return g_byte_array_free_to_bytes (g_steal_pointer (&sealed));
}

static GBytes *
open_and_mix (UlakNoise *self, UlakSpan sealed, GError **error)
{
  g_autoptr (UlakCounterCipher) cipher = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_OPENS, &self->k, self->n++);
  g_autoptr (GByteArray) plain = g_byte_array_new ();

  if (!ulak_counter_cipher_open (cipher, ULAK_SPAN_ARRAY (self->h), sealed, plain, error))
    return NULL;
  mix_hash (self, sealed);
  return g_byte_array_free_to_bytes (g_steal_pointer (&plain));
}

/**
 * ulak_noise_new:
 * @static_pair: the line's Noise key
 * @prologue: the four bytes that open a connection, without the routing info
 * @random: for the ephemeral key; the system's in a program
 *
 * Source: the Noise Protocol Framework, revision 34, sections 5.2 and 7.5 (pattern XX).
 */
UlakNoise *
ulak_noise_new (const UlakKeyPair *static_pair, UlakSpan prologue, UlakRandom *random)
{
  UlakNoise *self = g_new0 (UlakNoise, 1);

  self->static_pair = *static_pair;
  memcpy (self->h, protocol_name, sizeof self->h);
  ulak_key_set (&self->ck, protocol_name, sizeof protocol_name);
  mix_hash (self, prologue);
  ulak_key_pair_generate (&self->ephemeral, random);
  mix_hash (self, ULAK_SPAN_ARRAY (self->ephemeral.public_key));
  return self;
}

void
ulak_noise_free (UlakNoise *self)
{
  OPENSSL_cleanse (self, sizeof *self);
  g_free (self);
}

/**
 * ulak_noise_get_ephemeral:
 *
 * Returns: the 32 bytes for ClientHello, which live as long as @self
 */
UlakSpan
ulak_noise_get_ephemeral (UlakNoise *self)
{
  return ULAK_SPAN_ARRAY (self->ephemeral.public_key);
}

/* One step: allowed in @state only, and until it succeeds the handshake counts as ended. */
static gboolean
enter (UlakNoise *self, State state, GError **error)
{
  gboolean is_allowed = self->state == state;

  self->state = STATE_ENDED;
  if (!is_allowed)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                         "The handshake has failed or is over, or a step is missing");
  return is_allowed;
}

static gboolean
open_server_static (UlakNoise *self, UlakSpan encrypted_static, GError **error)
{
  g_autoptr (GBytes) server_static = open_and_mix (self, encrypted_static, error);

  if (server_static == NULL)
    return FALSE;
  if (g_bytes_get_size (server_static) != sizeof self->server_static)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The server's static key has not 32 bytes");
      return FALSE;
    }
  memcpy (self->server_static, g_bytes_get_data (server_static, NULL), sizeof self->server_static);
  return TRUE;
}

/**
 * ulak_noise_read_server_hello:
 * @ephemeral: the three fields of ServerHello
 *
 * Errors: ULAK_ERROR_INVALID for wrong lengths and weak keys, ULAK_ERROR_DAMAGED for what was not sealed for us,
 * ULAK_ERROR_WRONG_STATE out of turn.
 *
 * Returns: (transfer full): the serialized certificate chain, or NULL
 */
GBytes *
ulak_noise_read_server_hello (UlakNoise *self,
                              UlakSpan ephemeral,
                              UlakSpan encrypted_static,
                              UlakSpan encrypted_payload,
                              GError **error)
{
  GBytes *chain;

  if (!enter (self, STATE_HELLO, error))
    return NULL;

  mix_hash (self, ephemeral);
  if (!mix_agreement (self, &self->ephemeral, ephemeral, error))
    return NULL;
  memcpy (self->server_ephemeral, ephemeral.bytes, sizeof self->server_ephemeral);
  if (!open_server_static (self, encrypted_static, error)
      || !mix_agreement (self, &self->ephemeral, ULAK_SPAN_ARRAY (self->server_static), error))
    return NULL;

  chain = open_and_mix (self, encrypted_payload, error);
  if (chain != NULL)
    self->state = STATE_CERTIFICATE;
  return chain;
}

/**
 * ulak_noise_accept_certificate:
 *
 * Errors: those of ulak_certificate_check_chain(); ULAK_ERROR_WRONG_STATE out of turn.
 */
gboolean
ulak_noise_accept_certificate (UlakNoise *self,
                               const UlakCertificate *leaf,
                               const UlakCertificate *intermediate,
                               UlakSpan root_key,
                               guint64 now_s,
                               GError **error)
{
  if (!enter (self, STATE_CERTIFICATE, error)
      || !ulak_certificate_check_chain (leaf, intermediate, root_key, ULAK_SPAN_ARRAY (self->server_static), now_s, error))
    return FALSE;
  self->state = STATE_FINISH;
  return TRUE;
}

void
ulak_noise_result_clear (UlakNoiseResult *self)
{
  g_clear_pointer (&self->encrypted_static, g_bytes_unref);
  g_clear_pointer (&self->encrypted_payload, g_bytes_unref);
  g_clear_pointer (&self->seals, ulak_counter_cipher_free);
  g_clear_pointer (&self->opens, ulak_counter_cipher_free);
}

static void
split (UlakNoise *self, UlakNoiseResult *result)
{
  g_auto (UlakKey) seals = { 0 };
  g_auto (UlakKey) opens = { 0 };

  derive_two (self, ULAK_SPAN_NONE, &seals, &opens);
  result->seals = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_SEALS, &seals, 0);
  result->opens = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_OPENS, &opens, 0);
}

/**
 * ulak_noise_finish:
 * @payload: the serialized ClientPayload
 * @result_out: written on success; to be cleared
 *
 * Errors: ULAK_ERROR_WRONG_STATE before the certificate was accepted or the second time.
 */
gboolean
ulak_noise_finish (UlakNoise *self, UlakSpan payload, UlakNoiseResult *result_out, GError **error)
{
  g_auto (UlakNoiseResult) result = { 0 };

  if (!enter (self, STATE_FINISH, error))
    return FALSE;

  result.encrypted_static = seal_and_mix (self, ULAK_SPAN_ARRAY (self->static_pair.public_key), error);
  if (result.encrypted_static == NULL
      || !mix_agreement (self, &self->static_pair, ULAK_SPAN_ARRAY (self->server_ephemeral), error))
    return FALSE;
  result.encrypted_payload = seal_and_mix (self, payload, error);
  if (result.encrypted_payload == NULL)
    return FALSE;

  split (self, &result);
  *result_out = result;
  result = (UlakNoiseResult){ 0 };
  return TRUE;
}
