/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/signal-context.h"

#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/must.h"

static int
fill (uint8_t *bytes, size_t size_bytes, void *random)
{
  ulak_random_fill (random, bytes, size_bytes);
  return 0;
}

static int
hmac_begin (void **mac_out, const uint8_t *key, size_t size_bytes, void *random G_GNUC_UNUSED)
{
  *mac_out = ulak_hmac_new (ULAK_HMAC_SHA256, ULAK_SPAN (key, size_bytes));
  return 0;
}

static int
hmac_update (void *mac, const uint8_t *bytes, size_t size_bytes, void *random G_GNUC_UNUSED)
{
  ulak_hmac_update (mac, ULAK_SPAN (bytes, size_bytes));
  return 0;
}

static int
hmac_end (void *mac, signal_buffer **buffer_out, void *random G_GNUC_UNUSED)
{
  guint8 bytes[ULAK_SHA256_BYTES];

  ulak_hmac_finish (mac, bytes);
  *buffer_out = signal_buffer_create (bytes, sizeof bytes);
  return *buffer_out != NULL ? 0 : SG_ERR_NOMEM;
}

static void
hmac_free (void *mac, void *random G_GNUC_UNUSED)
{
  ulak_hmac_free (mac);
}

/**
 * ulak_signal_context_new:
 * @random: must outlive the context
 *
 * Returns: (transfer full): to be given to signal_context_destroy(); costs one allocation
 */
signal_context *
ulak_signal_context_new (UlakRandom *random)
{
  const signal_crypto_provider provider = {
    .random_func = fill,
    .hmac_sha256_init_func = hmac_begin,
    .hmac_sha256_update_func = hmac_update,
    .hmac_sha256_final_func = hmac_end,
    .hmac_sha256_cleanup_func = hmac_free,
    .user_data = random,
  };
  signal_context *context = NULL;

  ulak_must (signal_context_create (&context, NULL) == 0);
  ulak_must (signal_context_set_crypto_provider (context, &provider) == 0);
  return context;
}
