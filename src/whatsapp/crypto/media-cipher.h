/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media cipher: a file becomes its encrypted form or comes back from it, chunk by chunk, so that nothing larger than a
 * chunk is in memory: AES-256-CBC, then the first ten bytes of an HMAC-SHA256 over iv and ciphertext.
 *
 * Decryption gives plaintext out before the MAC at the end was seen: what it gave out is to stay invisible (a temporary
 * file) until ulak_media_decryptor_finish() said TRUE, and to be deleted otherwise. Finishing checks, in this order, the
 * hash of the encrypted file, the MAC, the padding, the hash of the plain file and its length.
 */
#pragma once

#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/media-keys.h"

G_BEGIN_DECLS

#define ULAK_MEDIA_CHUNK_MAX_BYTES (1024 * 1024)

#define ULAK_MEDIA_SIZE_UNKNOWN G_MAXUINT64

/* What a message says about its file. plain_size_bytes may be ULAK_MEDIA_SIZE_UNKNOWN: the hash decides then. */
typedef struct
{
  guint8 plain_sha256[ULAK_SHA256_BYTES];
  guint8 encrypted_sha256[ULAK_SHA256_BYTES];
  guint64 plain_size_bytes;
} UlakMediaSummary;

typedef struct _UlakMediaEncryptor UlakMediaEncryptor;
typedef struct _UlakMediaDecryptor UlakMediaDecryptor;

UlakMediaEncryptor *ulak_media_encryptor_new (const UlakMediaKeys *keys);
void ulak_media_encryptor_free (UlakMediaEncryptor *self);
void ulak_media_encryptor_update (UlakMediaEncryptor *self, UlakSpan plain, GByteArray *out);
void ulak_media_encryptor_finish (UlakMediaEncryptor *self, GByteArray *out, UlakMediaSummary *summary_out);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakMediaEncryptor, ulak_media_encryptor_free)

UlakMediaDecryptor *ulak_media_decryptor_new (const UlakMediaKeys *keys);
void ulak_media_decryptor_free (UlakMediaDecryptor *self);
void ulak_media_decryptor_update (UlakMediaDecryptor *self, UlakSpan encrypted, GByteArray *out);
gboolean
ulak_media_decryptor_finish (UlakMediaDecryptor *self, const UlakMediaSummary *expected, GByteArray *out, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakMediaDecryptor, ulak_media_decryptor_free)

G_END_DECLS
