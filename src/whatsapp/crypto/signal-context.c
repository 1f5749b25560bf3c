/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/signal-context.h"

#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/must.h"

#include <openssl/evp.h>

#define IV_BYTES 16

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

static int
sha512_begin (void **digest_out, void *random G_GNUC_UNUSED)
{
  EVP_MD_CTX *digest = EVP_MD_CTX_new ();

  ulak_must (digest != NULL && EVP_DigestInit_ex (digest, EVP_sha512 (), NULL) == 1);
  *digest_out = digest;
  return 0;
}

static int
sha512_update (void *digest, const uint8_t *bytes, size_t size_bytes, void *random G_GNUC_UNUSED)
{
  ulak_must (EVP_DigestUpdate (digest, bytes, size_bytes) == 1);
  return 0;
}

/* The library may feed the same digest anew after this. */
static int
sha512_end (void *digest, signal_buffer **buffer_out, void *random G_GNUC_UNUSED)
{
  guint8 bytes[ULAK_SHA512_BYTES];

  ulak_must (EVP_DigestFinal_ex (digest, bytes, NULL) == 1 && EVP_DigestInit_ex (digest, EVP_sha512 (), NULL) == 1);
  *buffer_out = signal_buffer_create (bytes, sizeof bytes);
  return *buffer_out != NULL ? 0 : SG_ERR_NOMEM;
}

static void
sha512_free (void *digest, void *random G_GNUC_UNUSED)
{
  EVP_MD_CTX_free (digest);
}

/* Looking a cipher up costs more than a short message: once per process, and never given back. */
static const EVP_CIPHER *
find_cipher (int mode, gsize key_bytes)
{
  static const struct
  {
    int mode;
    gsize key_bytes;
    const char *name;
  } known[] = {
    { SG_CIPHER_AES_CBC_PKCS5, 32, "AES-256-CBC" },     { SG_CIPHER_AES_CBC_PKCS5, 24, "AES-192-CBC" },
    { SG_CIPHER_AES_CBC_PKCS5, 16, "AES-128-CBC" },     { SG_CIPHER_AES_CTR_NOPADDING, 32, "AES-256-CTR" },
    { SG_CIPHER_AES_CTR_NOPADDING, 24, "AES-192-CTR" }, { SG_CIPHER_AES_CTR_NOPADDING, 16, "AES-128-CTR" },
  };
  static gsize found[G_N_ELEMENTS (known)];

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (known[i].mode == mode && known[i].key_bytes == key_bytes)
      {
        if (g_once_init_enter (&found[i]))
          g_once_init_leave (&found[i], (gsize) EVP_CIPHER_fetch (NULL, known[i].name, NULL));
        return (const EVP_CIPHER *) found[i];
      }
  return NULL;
}

/* Padding is wrong only in what a peer sent, and only when decrypting. */
static int
run_cipher (signal_buffer **out, int mode, UlakSpan key, UlakSpan iv, UlakSpan in, gboolean is_encrypting)
{
  const EVP_CIPHER *cipher = find_cipher (mode, key.size_bytes);
  EVP_CIPHER_CTX *context;
  signal_buffer *buffer, *whole;
  int length = 0, rest = 0;
  gboolean is_whole;

  if (cipher == NULL || iv.size_bytes != IV_BYTES || in.size_bytes > G_MAXINT - EVP_MAX_BLOCK_LENGTH)
    return SG_ERR_INVAL;

  buffer = signal_buffer_alloc (in.size_bytes + EVP_MAX_BLOCK_LENGTH);
  context = EVP_CIPHER_CTX_new ();
  ulak_must (buffer != NULL && context != NULL);
  ulak_must (EVP_CipherInit_ex (context, cipher, NULL, key.bytes, iv.bytes, is_encrypting) == 1);
  ulak_must (EVP_CIPHER_CTX_set_padding (context, mode == SG_CIPHER_AES_CBC_PKCS5) == 1);
  ulak_must (EVP_CipherUpdate (context, signal_buffer_data (buffer), &length, in.bytes, (int) in.size_bytes) == 1);
  is_whole = EVP_CipherFinal_ex (context, signal_buffer_data (buffer) + length, &rest) == 1;
  ulak_must (is_whole || !is_encrypting);
  EVP_CIPHER_CTX_free (context);

  whole = is_whole ? signal_buffer_create (signal_buffer_data (buffer), (gsize) (length + rest)) : NULL;
  signal_buffer_bzero_free (buffer);
  if (!is_whole)
    return SG_ERR_INVALID_MESSAGE;
  ulak_must (whole != NULL);
  *out = whole;
  return 0;
}

static int
encrypt (signal_buffer **out,
         int mode,
         const uint8_t *key,
         size_t key_bytes,
         const uint8_t *iv,
         size_t iv_bytes,
         const uint8_t *plain,
         size_t plain_bytes,
         void *random G_GNUC_UNUSED)
{
  return run_cipher (out, mode, ULAK_SPAN (key, key_bytes), ULAK_SPAN (iv, iv_bytes), ULAK_SPAN (plain, plain_bytes),
                     TRUE);
}

static int
decrypt (signal_buffer **out,
         int mode,
         const uint8_t *key,
         size_t key_bytes,
         const uint8_t *iv,
         size_t iv_bytes,
         const uint8_t *encrypted,
         size_t encrypted_bytes,
         void *random G_GNUC_UNUSED)
{
  return run_cipher (out, mode, ULAK_SPAN (key, key_bytes), ULAK_SPAN (iv, iv_bytes),
                     ULAK_SPAN (encrypted, encrypted_bytes), FALSE);
}

/* One lock for all contexts: each is used by one thread at a time anyway, so nobody waits here. */
static GRecMutex mutex;

static void
lock (void *user_data G_GNUC_UNUSED)
{
  g_rec_mutex_lock (&mutex);
}

static void
unlock (void *user_data G_GNUC_UNUSED)
{
  g_rec_mutex_unlock (&mutex);
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
    .sha512_digest_init_func = sha512_begin,
    .sha512_digest_update_func = sha512_update,
    .sha512_digest_final_func = sha512_end,
    .sha512_digest_cleanup_func = sha512_free,
    .encrypt_func = encrypt,
    .decrypt_func = decrypt,
    .user_data = random,
  };
  signal_context *context = NULL;

  ulak_must (signal_context_create (&context, NULL) == 0);
  ulak_must (signal_context_set_crypto_provider (context, &provider) == 0);
  ulak_must (signal_context_set_locking_functions (context, lock, unlock) == 0);
  return context;
}
