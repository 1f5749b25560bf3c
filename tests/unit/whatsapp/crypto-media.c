/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Files encrypted and decrypted in chunks of every size, and the request to upload one again.
 */
#include "whatsapp/crypto/media-cipher.h"
#include "whatsapp/crypto/sidecar.h"

#include "core/error.h"

#include "unit/fakes/random.h"
#include "unit/whatsapp/crypto-vectors.h"

static const gsize chunk_sizes[] = { 1, 9, 10, 11, 15, 16, 17, 4096, ULAK_MEDIA_CHUNK_MAX_BYTES };

static UlakMediaKind
find_kind (const char *info)
{
  for (guint kind = 0; kind < ULAK_N_MEDIA_KINDS; kind++)
    if (g_str_equal (ulak_media_kind_get_info (kind), info))
      return kind;
  g_assert_not_reached ();
}

/* The one file that is too long to be written down follows a rule that its vector describes. */
static UlakSpan
plain_of (JsonObject *row)
{
  gsize size_bytes = (gsize) json_object_get_int_member (row, "file_length");
  g_autoptr (GByteArray) plain = g_byte_array_new ();

  if (json_object_has_member (row, "plaintext"))
    return vectors_hex (row, "plaintext");
  for (guint i = 0; plain->len < size_bytes; i++)
    {
      g_autofree char *text = g_strdup_printf ("wa-vectors/media/image/65541/%u", i);
      guint8 digest[ULAK_SHA256_BYTES];

      ulak_sha256 (&ULAK_SPAN_TEXT (text), 1, digest);
      g_byte_array_append (plain, digest, sizeof digest);
    }
  return vectors_cut (ULAK_SPAN (plain->data, plain->len), size_bytes);
}

static UlakSpan
piece (UlakSpan whole, gsize at, gsize size_bytes)
{
  return ULAK_SPAN ((const guint8 *) whole.bytes + at, MIN (size_bytes, whole.size_bytes - at));
}

static UlakSpan
encrypt (const UlakMediaKeys *keys, UlakSpan plain, gsize chunk_bytes, UlakMediaSummary *summary_out)
{
  g_autoptr (UlakMediaEncryptor) encryptor = ulak_media_encryptor_new (keys);
  GByteArray *out = g_byte_array_new ();

  for (gsize at = 0; at < plain.size_bytes; at += chunk_bytes)
    ulak_media_encryptor_update (encryptor,
                                 piece (plain, at, chunk_bytes), out);
  ulak_media_encryptor_finish (encryptor, out, summary_out);
  return vectors_keep (g_byte_array_free_to_bytes (out));
}

static gboolean
decrypt (const UlakMediaKeys *keys,
         UlakSpan encrypted,
         gsize chunk_bytes,
         const UlakMediaSummary *expected,
         UlakSpan *plain_out,
         GError **error)
{
  g_autoptr (UlakMediaDecryptor) decryptor = ulak_media_decryptor_new (keys);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  for (gsize at = 0; at < encrypted.size_bytes; at += chunk_bytes)
    ulak_media_decryptor_update (decryptor,
                                 piece (encrypted, at, chunk_bytes), out);
  if (!ulak_media_decryptor_finish (decryptor, expected, out, error))
    return FALSE;
  *plain_out = vectors_cut (ULAK_SPAN (out->data, out->len), out->len);
  return TRUE;
}

static void
check_keys (JsonObject *row, const UlakMediaKeys *keys)
{
  assert_spans_equal (ULAK_SPAN_ARRAY (keys->iv), vectors_hex (row, "iv"));
  assert_spans_equal (ULAK_SPAN_ARRAY (keys->cipher_key.bytes), vectors_hex (row, "cipher_key"));
  assert_spans_equal (ULAK_SPAN_ARRAY (keys->mac_key.bytes), vectors_hex (row, "mac_key"));
}

static void
check_file (JsonObject *row, const UlakMediaKeys *keys, gsize chunk_bytes)
{
  UlakSpan plain = plain_of (row), encrypted, again = ULAK_SPAN_NONE;
  UlakMediaSummary summary;
  g_autoptr (GError) error = NULL;

  encrypted = encrypt (keys, plain, chunk_bytes, &summary);
  if (json_object_has_member (row, "encrypted"))
    assert_spans_equal (encrypted, vectors_hex (row, "encrypted"));
  assert_spans_equal (piece (encrypted, encrypted.size_bytes - ULAK_MEDIA_MAC_BYTES, ULAK_MEDIA_MAC_BYTES),
                      vectors_hex (row, "mac"));
  assert_spans_equal (ULAK_SPAN_ARRAY (summary.plain_sha256), vectors_hex (row, "file_sha256"));
  assert_spans_equal (ULAK_SPAN_ARRAY (summary.encrypted_sha256), vectors_hex (row, "file_enc_sha256"));
  g_assert_cmpuint (summary.plain_size_bytes, ==, plain.size_bytes);

  g_assert_true (decrypt (keys, encrypted, chunk_bytes, &summary, &again, &error));
  g_assert_no_error (error);
  assert_spans_equal (again, plain);
}

static void
test_files (void)
{
  JsonArray *rows = vectors_array (vectors_load ("media.json"), "media");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakKey media_key = vectors_key (row, "media_key");
      UlakMediaKeys keys;

      ulak_media_keys_derive (&keys, &media_key, find_kind (json_object_get_string_member (row, "info")));
      check_keys (row, &keys);
      for (gsize j = 0; j < G_N_ELEMENTS (chunk_sizes); j++)
        check_file (row, &keys, chunk_sizes[j]);
    }
}

typedef struct
{
  UlakMediaKeys keys;
  UlakSpan plain;
  UlakSpan encrypted;
  UlakMediaSummary summary;
} File;

static File
make_file (void)
{
  static const UlakKey media_key = { { 1, 2, 3 } };
  File file = { .plain = ULAK_SPAN_TEXT ("forty bytes that make three blocks, yes.") };

  ulak_media_keys_derive (&file.keys, &media_key, ULAK_MEDIA_KIND_DOCUMENT);
  file.encrypted = encrypt (&file.keys, file.plain, 16, &file.summary);
  return file;
}

/* As an attacker does who can change the message too: the hash of the encrypted file is right. */
static UlakMediaSummary
summary_naming (const File *file, UlakSpan encrypted)
{
  UlakMediaSummary summary = file->summary;

  ulak_sha256 (&encrypted, 1, summary.encrypted_sha256);
  return summary;
}

static void
test_changed_file (void)
{
  File file = make_file ();
  UlakSpan plain;

  for (gsize bit = 0; bit < 8 * file.encrypted.size_bytes; bit++)
    {
      UlakSpan changed = vectors_flip (file.encrypted, bit);
      UlakMediaSummary summary = summary_naming (&file, changed);

      assert_refused (decrypt (&file.keys, changed, 7, &file.summary, &plain, refusal), ULAK_ERROR_DAMAGED);
      assert_refused (decrypt (&file.keys, changed, 7, &summary, &plain, refusal), ULAK_ERROR_DAMAGED);
    }
}

static void
test_cut_file (void)
{
  File file = make_file ();
  UlakSpan plain;

  for (gsize size = 0; size < file.encrypted.size_bytes; size++)
    {
      UlakSpan cut = vectors_cut (file.encrypted, size);
      UlakMediaSummary summary = summary_naming (&file, cut);

      assert_refused (decrypt (&file.keys, cut, 7, &file.summary, &plain, refusal), ULAK_ERROR_DAMAGED);
      assert_refused (decrypt (&file.keys, cut, 7, &summary, &plain, refusal), ULAK_ERROR_DAMAGED);
    }
}

/* A file whose MAC is right and whose ciphertext is nonetheless none: only who knows the key can make it. */
static UlakSpan
with_mac (const File *file, UlakSpan ciphertext)
{
  const UlakSpan spans[] = { ULAK_SPAN_ARRAY (file->keys.iv), ciphertext };
  guint8 mac[ULAK_SHA256_BYTES];

  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (file->keys.mac_key.bytes), spans, G_N_ELEMENTS (spans), mac);
  return vectors_join (ciphertext, ULAK_SPAN (mac, ULAK_MEDIA_MAC_BYTES));
}

static void
test_odd_blocks (void)
{
  static const struct
  {
    gsize size_bytes;
    int code;
  } rows[] = {
    { 0, ULAK_ERROR_INVALID },
    { 5, ULAK_ERROR_INVALID },
    { 17, ULAK_ERROR_INVALID },
    { 16, ULAK_ERROR_DAMAGED },
  };
  File file = make_file ();
  UlakSpan plain;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      UlakSpan odd = with_mac (&file, vectors_cut (file.encrypted, rows[i].size_bytes));
      UlakMediaSummary summary = summary_naming (&file, odd);

      assert_refused (decrypt (&file.keys, odd, 3, &summary, &plain, refusal), rows[i].code);
    }
}

static void
test_other_summary (void)
{
  File file = make_file ();
  UlakMediaSummary other = file.summary;
  UlakSpan plain;

  other.plain_sha256[31] ^= 1;
  assert_refused (decrypt (&file.keys, file.encrypted, 7, &other, &plain, refusal), ULAK_ERROR_DAMAGED);
  other = file.summary;
  other.plain_size_bytes++;
  assert_refused (decrypt (&file.keys, file.encrypted, 7, &other, &plain, refusal), ULAK_ERROR_DAMAGED);
}

static void
test_retry (void)
{
  JsonArray *rows = vectors_array (vectors_load ("media.json"), "media_retry");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      JsonObject *request = json_object_get_object_member (row, "request");
      JsonObject *response = json_object_get_object_member (row, "response");
      const char *id = json_object_get_string_member (row, "message_id");
      UlakKey media_key = vectors_key (row, "media_key");
      UlakSpan nonce = vectors_hex (request, "enc_iv");
      UlakSpan response_nonce = vectors_hex (response, "enc_iv"), sealed = vectors_hex (response, "enc_p");
      g_autoptr (UlakRandom) random = vectors_random (&nonce, 1);
      g_autoptr (GBytes) own_nonce = NULL;
      g_autoptr (GBytes) own = NULL;
      g_autoptr (GBytes) plain = NULL;
      g_autoptr (GError) error = NULL;

      own = ulak_media_retry_seal (&media_key, id, random, vectors_hex (row, "request_plaintext"), &own_nonce);
      assert_spans_equal (ulak_span_of (own), vectors_hex (request, "enc_p"));
      assert_spans_equal (ulak_span_of (own_nonce), nonce);

      plain = ulak_media_retry_open (&media_key, id, response_nonce, sealed, &error);
      g_assert_no_error (error);
      assert_spans_equal (ulak_span_of (plain), vectors_hex (response, "plaintext"));
      assert_refused (ulak_media_retry_open (&media_key, "3EB0", response_nonce, sealed, refusal), ULAK_ERROR_DAMAGED);
      assert_refused (ulak_media_retry_open (&media_key, id, response_nonce, vectors_flip (sealed, 8), refusal),
                      ULAK_ERROR_DAMAGED);
    }
}

/* The definition, over the whole file at once. */
static UlakSpan
slow_sidecar (const UlakMediaKeys *keys, UlakSpan encrypted)
{
  UlakSpan all = vectors_join (ULAK_SPAN_ARRAY (keys->iv), encrypted);
  g_autoptr (GByteArray) macs = g_byte_array_new ();

  for (gsize at = 0; at < all.size_bytes; at += 65536)
    {
      UlakSpan window = ULAK_SPAN ((const guint8 *) all.bytes + at, MIN (65536 + 16, all.size_bytes - at));
      guint8 mac[ULAK_SHA256_BYTES];

      ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (keys->mac_key.bytes), &window, 1, mac);
      g_byte_array_append (macs, mac, ULAK_MEDIA_MAC_BYTES);
    }
  return vectors_cut (ULAK_SPAN (macs->data, macs->len), macs->len);
}

static void
test_sidecar (void)
{
  static const gsize sizes[] = { 26, 65536 - 17, 65536 - 16, 65536 - 15, 65536 - 1, 65536, 65536 + 1, 3 * 65536 + 77 };
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (6);
  File file = make_file ();
  g_autofree guint8 *bytes = g_malloc (4 * 65536);

  ulak_random_fill (ULAK_RANDOM (random), bytes, 4 * 65536);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (chunk_sizes); j++)
      {
        g_autoptr (UlakSidecar) sidecar = ulak_sidecar_new (&file.keys);
        g_autoptr (GBytes) macs = NULL;

        for (gsize at = 0; at < sizes[i]; at += chunk_sizes[j])
          ulak_sidecar_update (sidecar, piece (ULAK_SPAN (bytes, sizes[i]), at, chunk_sizes[j]));
        macs = ulak_sidecar_finish (sidecar);
        assert_spans_equal (ulak_span_of (macs), slow_sidecar (&file.keys, ULAK_SPAN (bytes, sizes[i])));
      }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/media/files come out as the vectors say, whatever the size of the chunks", test_files);
  g_test_add_func ("/whatsapp/media/a file with any bit changed is refused", test_changed_file);
  g_test_add_func ("/whatsapp/media/a file cut anywhere is refused", test_cut_file);
  g_test_add_func ("/whatsapp/media/blocks that are none are refused even with a right MAC", test_odd_blocks);
  g_test_add_func ("/whatsapp/media/a file that is not what its message says is refused", test_other_summary);
  g_test_add_func ("/whatsapp/media/asking for a file again works as the vectors say", test_retry);
  g_test_add_func ("/whatsapp/media/a sidecar is the same whatever the size of the chunks", test_sidecar);
  return g_test_run ();
}
