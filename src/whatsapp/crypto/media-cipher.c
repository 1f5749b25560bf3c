/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/media-cipher.h"

#include "whatsapp/crypto/cbc.h"
#include "whatsapp/crypto/must.h"

#include "core/error.h"

#include <openssl/evp.h>

/* What both directions keep: the cipher and three running sums. */
typedef struct
{
  EVP_CIPHER_CTX *cipher; /* (owned) */
  UlakHmac *mac;          /* (owned): over iv and ciphertext */
  UlakSha256 *plain;      /* (owned) */
  UlakSha256 *encrypted;  /* (owned): over ciphertext and MAC */
  guint64 plain_size_bytes;
  gboolean is_finished;
} Stream;

struct _UlakMediaEncryptor
{
  Stream stream;
};

struct _UlakMediaDecryptor
{
  Stream stream;
  guint8 tail[ULAK_MEDIA_MAC_BYTES]; /* the last bytes seen, which are the MAC if no more come */
  gsize tail_size_bytes;
  guint64 ciphertext_size_bytes;
};

static void
stream_start (Stream *stream, const UlakMediaKeys *keys, gboolean is_encrypting)
{
  stream->cipher = EVP_CIPHER_CTX_new ();
  ulak_must (stream->cipher != NULL);
  ulak_must (EVP_CipherInit_ex (stream->cipher, EVP_aes_256_cbc (), NULL, keys->cipher_key.bytes, keys->iv, is_encrypting)
             == 1);
  stream->mac = ulak_hmac_new (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (keys->mac_key.bytes));
  ulak_hmac_update (stream->mac, ULAK_SPAN_ARRAY (keys->iv));
  stream->plain = ulak_sha256_new ();
  stream->encrypted = ulak_sha256_new ();
}

static void
stream_stop (Stream *stream)
{
  EVP_CIPHER_CTX_free (stream->cipher);
  ulak_hmac_free (stream->mac);
  ulak_sha256_free (stream->plain);
  ulak_sha256_free (stream->encrypted);
}

/* Appends what the cipher makes of @in to @out; returns that, as a view on @out. */
static UlakSpan
stream_run (Stream *stream, UlakSpan in, GByteArray *out)
{
  guint offset = out->len;
  int written = 0;

  if (in.size_bytes == 0)
    return ULAK_SPAN_NONE;
  g_byte_array_set_size (out, offset + (guint) in.size_bytes + ULAK_CBC_BLOCK_BYTES);
  ulak_must (EVP_CipherUpdate (stream->cipher, out->data + offset, &written, in.bytes, (int) in.size_bytes) == 1);
  g_byte_array_set_size (out, offset + (guint) written);
  return ULAK_SPAN (out->data + offset, (gsize) written);
}

/* Appends the last block. FALSE: there was no padding to take away. */
static gboolean
stream_end (Stream *stream, GByteArray *out, UlakSpan *last_out)
{
  guint offset = out->len;
  int written = 0;
  gboolean is_whole;

  g_byte_array_set_size (out, offset + ULAK_CBC_BLOCK_BYTES);
  is_whole = EVP_CipherFinal_ex (stream->cipher, out->data + offset, &written) == 1;
  g_byte_array_set_size (out, offset + (is_whole ? (guint) written : 0));
  *last_out = ULAK_SPAN (out->data + offset, is_whole ? (gsize) written : 0);
  return is_whole;
}

static void
stream_count_plain (Stream *stream, UlakSpan plain)
{
  ulak_sha256_update (stream->plain, plain);
  stream->plain_size_bytes += plain.size_bytes;
}

static void
stream_count_ciphertext (Stream *stream, UlakSpan ciphertext)
{
  ulak_hmac_update (stream->mac, ciphertext);
  ulak_sha256_update (stream->encrypted, ciphertext);
}

/**
 * ulak_media_encryptor_new:
 * @keys: not kept
 *
 * Source: docs/protocol/crypto.md, "Media".
 */
UlakMediaEncryptor *
ulak_media_encryptor_new (const UlakMediaKeys *keys)
{
  UlakMediaEncryptor *self = g_new0 (UlakMediaEncryptor, 1);

  stream_start (&self->stream, keys, TRUE);
  return self;
}

void
ulak_media_encryptor_free (UlakMediaEncryptor *self)
{
  stream_stop (&self->stream);
  g_free (self);
}

/**
 * ulak_media_encryptor_update:
 * @plain: the next piece of the file, at most ULAK_MEDIA_CHUNK_MAX_BYTES
 * @out: gets the next piece of the encrypted file behind what it holds
 */
void
ulak_media_encryptor_update (UlakMediaEncryptor *self, UlakSpan plain, GByteArray *out)
{
  g_return_if_fail (!self->stream.is_finished && plain.size_bytes <= ULAK_MEDIA_CHUNK_MAX_BYTES);

  stream_count_plain (&self->stream, plain);
  stream_count_ciphertext (&self->stream, stream_run (&self->stream, plain, out));
}

/**
 * ulak_media_encryptor_finish:
 * @out: gets the end of the encrypted file
 * @summary_out: for the message
 */
void
ulak_media_encryptor_finish (UlakMediaEncryptor *self, GByteArray *out, UlakMediaSummary *summary_out)
{
  guint8 mac[ULAK_SHA256_BYTES];
  UlakSpan last;

  g_return_if_fail (!self->stream.is_finished);

  self->stream.is_finished = TRUE;
  ulak_must (stream_end (&self->stream, out, &last));
  stream_count_ciphertext (&self->stream, last);
  ulak_hmac_finish (self->stream.mac, mac);
  g_byte_array_append (out, mac, ULAK_MEDIA_MAC_BYTES);
  ulak_sha256_update (self->stream.encrypted, ULAK_SPAN (mac, ULAK_MEDIA_MAC_BYTES));

  ulak_sha256_finish (self->stream.plain, summary_out->plain_sha256);
  ulak_sha256_finish (self->stream.encrypted, summary_out->encrypted_sha256);
  summary_out->plain_size_bytes = self->stream.plain_size_bytes;
}

UlakMediaDecryptor *
ulak_media_decryptor_new (const UlakMediaKeys *keys)
{
  UlakMediaDecryptor *self = g_new0 (UlakMediaDecryptor, 1);

  stream_start (&self->stream, keys, FALSE);
  return self;
}

void
ulak_media_decryptor_free (UlakMediaDecryptor *self)
{
  stream_stop (&self->stream);
  g_free (self);
}

static void
decrypt (UlakMediaDecryptor *self, UlakSpan ciphertext, GByteArray *out)
{
  stream_count_ciphertext (&self->stream, ciphertext);
  stream_count_plain (&self->stream, stream_run (&self->stream, ciphertext, out));
  self->ciphertext_size_bytes += ciphertext.size_bytes;
}

/* The tail is a queue of ten bytes: what new bytes push out of it was not the MAC. */
static void
push_out_tail (UlakMediaDecryptor *self, gsize incoming_bytes, GByteArray *out)
{
  gsize together = self->tail_size_bytes + incoming_bytes;
  gsize leaving = together > ULAK_MEDIA_MAC_BYTES ? MIN (self->tail_size_bytes, together - ULAK_MEDIA_MAC_BYTES) : 0;

  decrypt (self, ULAK_SPAN (self->tail, leaving), out);
  self->tail_size_bytes -= leaving;
  memmove (self->tail, self->tail + leaving, self->tail_size_bytes);
}

/**
 * ulak_media_decryptor_update:
 * @encrypted: the next piece of the encrypted file, at most ULAK_MEDIA_CHUNK_MAX_BYTES
 * @out: gets the next piece of the plain file, which nobody may see yet
 */
void
ulak_media_decryptor_update (UlakMediaDecryptor *self, UlakSpan encrypted, GByteArray *out)
{
  gsize kept = MIN (encrypted.size_bytes, ULAK_MEDIA_MAC_BYTES);
  gsize ready = encrypted.size_bytes - kept;

  g_return_if_fail (!self->stream.is_finished && encrypted.size_bytes <= ULAK_MEDIA_CHUNK_MAX_BYTES);

  if (encrypted.size_bytes == 0)
    return;
  push_out_tail (self, encrypted.size_bytes, out);
  decrypt (self, ULAK_SPAN (encrypted.bytes, ready), out);
  memcpy (self->tail + self->tail_size_bytes, (const guint8 *) encrypted.bytes + ready, kept);
  self->tail_size_bytes += kept;
}

static gboolean
refuse (GError **error, UlakError code, const char *what)
{
  g_set_error_literal (error, ULAK_ERROR, code, what);
  return FALSE;
}

static gboolean
check_encrypted (UlakMediaDecryptor *self, const UlakMediaSummary *expected, GError **error)
{
  guint8 digest[ULAK_SHA256_BYTES], mac[ULAK_SHA256_BYTES];

  ulak_sha256_update (self->stream.encrypted, ULAK_SPAN (self->tail, self->tail_size_bytes));
  ulak_sha256_finish (self->stream.encrypted, digest);
  ulak_hmac_finish (self->stream.mac, mac);

  if (!ulak_span_equals (ULAK_SPAN_ARRAY (digest), ULAK_SPAN_ARRAY (expected->encrypted_sha256)))
    return refuse (error, ULAK_ERROR_DAMAGED, "The encrypted file is not the one that the message names");
  if (!ulak_span_equals (ULAK_SPAN (self->tail, self->tail_size_bytes), ULAK_SPAN (mac, ULAK_MEDIA_MAC_BYTES)))
    return refuse (error, ULAK_ERROR_DAMAGED, "The encrypted file is not genuine: its MAC is wrong");
  if (self->ciphertext_size_bytes == 0 || self->ciphertext_size_bytes % ULAK_CBC_BLOCK_BYTES != 0)
    return refuse (error, ULAK_ERROR_INVALID, "The encrypted file is no whole number of blocks of 16 bytes");
  return TRUE;
}

static gboolean
check_plain (UlakMediaDecryptor *self, const UlakMediaSummary *expected, GError **error)
{
  guint8 digest[ULAK_SHA256_BYTES];

  ulak_sha256_finish (self->stream.plain, digest);
  if (!ulak_span_equals (ULAK_SPAN_ARRAY (digest), ULAK_SPAN_ARRAY (expected->plain_sha256)))
    return refuse (error, ULAK_ERROR_DAMAGED, "The file is not the one that the message names");
  if (expected->plain_size_bytes != ULAK_MEDIA_SIZE_UNKNOWN && self->stream.plain_size_bytes != expected->plain_size_bytes)
    return refuse (error, ULAK_ERROR_DAMAGED, "The file has another length than the message says");
  return TRUE;
}

/**
 * ulak_media_decryptor_finish:
 * @expected: what the message says
 * @out: gets the end of the plain file
 *
 * Errors: ULAK_ERROR_DAMAGED when a hash, the MAC, the padding or the length is wrong, ULAK_ERROR_INVALID for a file cut
 * short. The file is then to be deleted.
 */
gboolean
ulak_media_decryptor_finish (UlakMediaDecryptor *self, const UlakMediaSummary *expected, GByteArray *out, GError **error)
{
  UlakSpan last;

  g_return_val_if_fail (!self->stream.is_finished, FALSE);

  self->stream.is_finished = TRUE;
  if (!check_encrypted (self, expected, error))
    return FALSE;
  if (!stream_end (&self->stream, out, &last))
    return refuse (error, ULAK_ERROR_DAMAGED, "The encrypted file does not end in padding");
  stream_count_plain (&self->stream, last);
  return check_plain (self, expected, error);
}
