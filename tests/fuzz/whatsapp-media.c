/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The first byte is the size of the chunks. The rest as an encrypted file: chunks of any size end the same way as the whole
 * at once, also with a MAC that is right. The rest as a plain file: it comes back from its encrypted form.
 */
#include "whatsapp/crypto/media-cipher.h"

#include "fuzz/target.h"

static const UlakKey media_key = { { 1, 2, 3 } };

static GByteArray *
decrypt (const UlakMediaKeys *keys, UlakSpan file, gsize chunk_bytes, const UlakMediaSummary *expected, GError **error)
{
  g_autoptr (UlakMediaDecryptor) decryptor = ulak_media_decryptor_new (keys);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  for (gsize at = 0; at < file.size_bytes; at += chunk_bytes)
    ulak_media_decryptor_update (decryptor,
                                 ULAK_SPAN ((const guint8 *) file.bytes + at, MIN (chunk_bytes, file.size_bytes - at)), out);
  return ulak_media_decryptor_finish (decryptor, expected, out, error) ? g_steal_pointer (&out) : NULL;
}

static void
compare (const UlakMediaKeys *keys, UlakSpan file, gsize chunk_bytes)
{
  g_autoptr (GError) error = NULL, other_error = NULL;
  g_autoptr (GByteArray) plain = NULL, other = NULL;
  UlakMediaSummary expected = { 0 };

  ulak_sha256 (&file, 1, expected.encrypted_sha256);
  plain = decrypt (keys, file, MAX (file.size_bytes, 1), &expected, &error);
  other = decrypt (keys, file, chunk_bytes, &expected, &other_error);
  g_assert_null (plain); /* no file hashes to zero */
  g_assert_null (other);
  g_assert_cmpint (error->code, ==, other_error->code);
  g_assert_cmpstr (error->message, ==, other_error->message);
}

static void
compare_with_mac (const UlakMediaKeys *keys, UlakSpan ciphertext, gsize chunk_bytes)
{
  const UlakSpan pieces[] = { ULAK_SPAN_ARRAY (keys->iv), ciphertext };
  g_autoptr (GByteArray) file = NULL;
  guint8 mac[ULAK_SHA256_BYTES];

  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (keys->mac_key.bytes), pieces, G_N_ELEMENTS (pieces), mac);
  file = ulak_span_join ((const UlakSpan[]){ ciphertext, ULAK_SPAN (mac, ULAK_MEDIA_MAC_BYTES) }, 2);
  compare (keys, ULAK_SPAN (file->data, file->len), chunk_bytes);
}

static void
go_and_return (const UlakMediaKeys *keys, UlakSpan plain, gsize chunk_bytes)
{
  g_autoptr (UlakMediaEncryptor) encryptor = ulak_media_encryptor_new (keys);
  g_autoptr (GByteArray) file = g_byte_array_new (), again = NULL;
  g_autoptr (GError) error = NULL;
  UlakMediaSummary summary;

  for (gsize at = 0; at < plain.size_bytes; at += chunk_bytes)
    ulak_media_encryptor_update (encryptor,
                                 ULAK_SPAN ((const guint8 *) plain.bytes + at, MIN (chunk_bytes, plain.size_bytes - at)), file);
  ulak_media_encryptor_finish (encryptor, file, &summary);
  again = decrypt (keys, ULAK_SPAN (file->data, file->len), chunk_bytes, &summary, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (again->data, again->len, plain.bytes, plain.size_bytes);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  g_auto (UlakMediaKeys) keys = { 0 };
  gsize chunk_bytes;

  if (size_bytes == 0 || size_bytes > ULAK_MEDIA_CHUNK_MAX_BYTES / 2)
    return 0;

  chunk_bytes = (gsize) bytes[0] + 1;
  ulak_media_keys_derive (&keys, &media_key, ULAK_MEDIA_KIND_IMAGE);
  compare (&keys, ULAK_SPAN (bytes + 1, size_bytes - 1), chunk_bytes);
  compare_with_mac (&keys, ULAK_SPAN (bytes + 1, size_bytes - 1), chunk_bytes);
  go_and_return (&keys, ULAK_SPAN (bytes + 1, size_bytes - 1), chunk_bytes);
  return 0;
}
