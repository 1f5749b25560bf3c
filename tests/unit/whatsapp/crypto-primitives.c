/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * HKDF, HMAC, the curve, GCM and CBC against vectors, and each of them against bytes that were changed.
 */
#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/cbc.h"
#include "whatsapp/crypto/counter-cipher.h"
#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/hkdf.h"

#include "core/error.h"

#include "unit/fakes/random.h"
#include "unit/whatsapp/crypto-vectors.h"

static void
test_hkdf (void)
{
  JsonArray *rows = vectors_array (vectors_load ("key-derivations.json"), "hkdf");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakSpan expected = vectors_hex (row, "okm");
      g_autofree guint8 *made = g_malloc (expected.size_bytes);

      ulak_hkdf (vectors_hex (row, "ikm"), vectors_hex (row, "salt"),
                 ULAK_SPAN_TEXT (json_object_get_string_member (row, "info")), made, expected.size_bytes);
      assert_spans_equal (ULAK_SPAN (made, expected.size_bytes), expected);
    }
}

static void
test_hmac (void)
{
  JsonArray *rows = vectors_array (vectors_load ("key-derivations.json"), "cstoken");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakSpan text = ULAK_SPAN_TEXT (json_object_get_string_member (row, "lid"));
      guint8 mac[ULAK_SHA256_BYTES];

      ulak_hmac (ULAK_HMAC_SHA256, vectors_hex (row, "nct_salt"), &text, 1, mac);
      assert_spans_equal (ULAK_SPAN_ARRAY (mac), vectors_hex (row, "cstoken"));
    }
}

/* RFC 4231, test case 2. */
static void
test_hmac_512 (void)
{
  const UlakSpan pieces[] = { ULAK_SPAN_TEXT ("what do ya want "), ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("for nothing?") };
  guint8 mac[ULAK_SHA512_BYTES];

  ulak_hmac (ULAK_HMAC_SHA512, ULAK_SPAN_TEXT ("Jefe"), pieces, G_N_ELEMENTS (pieces), mac);
  assert_spans_equal (ULAK_SPAN_ARRAY (mac),
                      vectors_decode ("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                                      "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"));
}

static void
test_agreement (void)
{
  JsonArray *rows = vectors_array (vectors_load ("key-derivations.json"), "curve");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakKeyPair a = vectors_pair (row, "a"), b = vectors_pair (row, "b");
      UlakKey expected = vectors_key (row, "shared"), forth, back;
      g_autoptr (GError) error = NULL;

      g_assert_true (ulak_curve_agree (&a.private_key, ULAK_SPAN_ARRAY (b.public_key), &forth, &error));
      g_assert_no_error (error);
      g_assert_true (ulak_curve_agree (&b.private_key, ULAK_SPAN_ARRAY (a.public_key), &back, &error));
      g_assert_no_error (error);
      g_assert_true (ulak_key_equals (&forth, &expected));
      g_assert_true (ulak_key_equals (&back, &expected));
    }
}

/* RFC 7748, section 6.1 and the points of small order that section 7 of it tells to look out for. */
static void
test_weak_points (void)
{
  static const char *const points[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (1);
  UlakKeyPair pair;
  UlakKey shared;

  ulak_key_pair_generate (&pair, ULAK_RANDOM (random));
  for (gsize i = 0; i < G_N_ELEMENTS (points); i++)
    assert_refused (ulak_curve_agree (&pair.private_key, vectors_decode (points[i]), &shared, refusal), ULAK_ERROR_INVALID);
  assert_refused (ulak_curve_agree (&pair.private_key, vectors_cut (ULAK_SPAN_ARRAY (pair.public_key), 31), &shared, refusal),
                  ULAK_ERROR_INVALID);
  assert_refused (ulak_curve_agree (&pair.private_key, ULAK_SPAN_NONE, &shared, refusal), ULAK_ERROR_INVALID);
}

static void
test_generated_pair (void)
{
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (2);
  UlakKeyPair pair, again;

  ulak_key_pair_generate (&pair, ULAK_RANDOM (random));
  g_assert_cmpuint (pair.private_key.bytes[0] & 7, ==, 0);
  g_assert_cmpuint (pair.private_key.bytes[31] & 0xc0, ==, 0x40);
  ulak_key_pair_set (&again, &pair.private_key);
  assert_spans_equal (ULAK_SPAN_ARRAY (pair.public_key), ULAK_SPAN_ARRAY (again.public_key));

  ulak_key_pair_clear (&pair);
  for (gsize i = 0; i < ULAK_KEY_BYTES; i++)
    g_assert_cmpuint (pair.private_key.bytes[i], ==, 0);
}

static void
test_signatures (void)
{
  JsonArray *rows = vectors_array (vectors_load ("key-derivations.json"), "curve");
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (3);

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakKeyPair a = vectors_pair (row, "a"), b = vectors_pair (row, "b");
      UlakSpan message = vectors_hex (row, "message"), signature = vectors_hex (row, "signature_by_a");
      guint8 own[ULAK_CURVE_SIGNATURE_BYTES];

      g_assert_true (ulak_curve_verify (ULAK_SPAN_ARRAY (a.public_key), &message, 1, signature));
      g_assert_false (ulak_curve_verify (ULAK_SPAN_ARRAY (a.public_key), &message, 1, vectors_hex (row, "bad_signature")));
      g_assert_false (ulak_curve_verify (ULAK_SPAN_ARRAY (b.public_key), &message, 1, signature));

      ulak_curve_sign (&a.private_key, ULAK_RANDOM (random), &message, 1, own);
      g_assert_true (ulak_curve_verify (ULAK_SPAN_ARRAY (a.public_key), &message, 1, ULAK_SPAN_ARRAY (own)));
      g_assert_false (ulak_curve_verify (ULAK_SPAN_ARRAY (b.public_key), &message, 1, ULAK_SPAN_ARRAY (own)));
    }
}

static void
test_changed_signatures (void)
{
  JsonObject *row = json_array_get_object_element (vectors_array (vectors_load ("key-derivations.json"), "curve"), 1);
  UlakKeyPair a = vectors_pair (row, "a");
  UlakSpan key = ULAK_SPAN_ARRAY (a.public_key), message = vectors_hex (row, "message");
  UlakSpan signature = vectors_hex (row, "signature_by_a"), changed;

  for (gsize bit = 0; bit < 8 * ULAK_CURVE_SIGNATURE_BYTES; bit++)
    g_assert_false (ulak_curve_verify (key, &message, 1, vectors_flip (signature, bit)));
  for (gsize bit = 0; bit < 8 * message.size_bytes; bit++)
    {
      changed = vectors_flip (message, bit);
      g_assert_false (ulak_curve_verify (key, &changed, 1, signature));
    }
  changed = vectors_cut (message, message.size_bytes - 1);
  g_assert_false (ulak_curve_verify (key, &changed, 1, signature));
  g_assert_false (ulak_curve_verify (key, &message, 1, vectors_cut (signature, 63)));
  g_assert_false (ulak_curve_verify (key, &message, 1, vectors_join (signature, ULAK_SPAN_TEXT ("x"))));
  g_assert_false (ulak_curve_verify (key, &message, 1, ULAK_SPAN_NONE));
  g_assert_false (ulak_curve_verify (vectors_cut (key, 31), &message, 1, signature));
  g_assert_false (ulak_curve_verify (vectors_join (key, ULAK_SPAN_TEXT ("x")), &message, 1, signature));
}

static void
test_pre_keys (void)
{
  JsonObject *vectors = vectors_load ("pre-keys.json");
  JsonObject *signed_key = json_object_get_object_member (vectors, "signed_prekey");
  UlakKeyPair identity = vectors_pair (vectors, "identity");
  UlakSpan key = vectors_hex (signed_key, "public"), signature = vectors_hex (signed_key, "signature");
  UlakSpan owner = ULAK_SPAN_ARRAY (identity.public_key);
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (4);
  guint8 own[ULAK_CURVE_SIGNATURE_BYTES];

  g_assert_true (ulak_curve_verify_pre_key (owner, key, signature));
  g_assert_false (ulak_curve_verify (owner, &key, 1, signature)); /* the type byte is signed too */
  g_assert_false (ulak_curve_verify_pre_key (owner, vectors_flip (key, 9), signature));
  g_assert_false (ulak_curve_verify_pre_key (owner, vectors_cut (key, 31), signature));
  g_assert_false (ulak_curve_verify_pre_key (owner, key, vectors_flip (signature, 300)));

  ulak_curve_sign_pre_key (&identity.private_key, ULAK_RANDOM (random), key.bytes, own);
  g_assert_true (ulak_curve_verify_pre_key (owner, key, ULAK_SPAN_ARRAY (own)));
}

static void
test_bundles (void)
{
  JsonArray *rows = vectors_array (vectors_load ("pre-keys.json"), "bundles");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakSpan prefixed = vectors_hex (row, "signed_prekey");
      guint8 identity[ULAK_CURVE_PUBLIC_BYTES], key[ULAK_CURVE_PUBLIC_BYTES], again[ULAK_CURVE_PREFIXED_BYTES];
      g_autoptr (GError) error = NULL;

      g_assert_true (ulak_curve_unprefix (vectors_hex (row, "identity"), identity, &error));
      g_assert_true (ulak_curve_unprefix (prefixed, key, &error));
      g_assert_no_error (error);
      g_assert_true (ulak_curve_verify_pre_key (ULAK_SPAN_ARRAY (identity), ULAK_SPAN_ARRAY (key),
                                                vectors_hex (row, "signed_prekey_signature")));
      ulak_curve_prefix (key, again);
      assert_spans_equal (ULAK_SPAN_ARRAY (again), prefixed);
      assert_refused (ulak_curve_unprefix (vectors_flip (prefixed, 0), key, refusal), ULAK_ERROR_INVALID);
      assert_refused (ulak_curve_unprefix (vectors_cut (prefixed, 32), key, refusal), ULAK_ERROR_INVALID);
      assert_refused (ulak_curve_unprefix (ULAK_SPAN_NONE, key, refusal), ULAK_ERROR_INVALID);
    }
}

/* McGrew and Viega, The Galois/Counter Mode of Operation, test case 16. */
static void
test_aead_vector (void)
{
  UlakSpan key_bytes = vectors_decode ("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  UlakSpan nonce = vectors_decode ("cafebabefacedbaddecaf888");
  UlakSpan associated = vectors_decode ("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  UlakSpan plain = vectors_decode ("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                                   "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  UlakSpan expected = vectors_decode ("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                                      "76fc6ece0f4e1768cddf8853bb2d551b");
  g_autoptr (GBytes) sealed = NULL;
  UlakKey key;

  ulak_key_set (&key, key_bytes.bytes, key_bytes.size_bytes);
  sealed = ulak_aead_seal (&key, nonce.bytes, associated, plain);
  assert_spans_equal (ulak_span_of (sealed), expected);
}

static void
test_aead_changed (void)
{
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (5);
  UlakKey key, other;
  guint8 nonce_bytes[ULAK_AEAD_NONCE_BYTES];
  UlakSpan nonce = ULAK_SPAN_ARRAY (nonce_bytes), associated = ULAK_SPAN_TEXT ("associated"), sealed;
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GError) error = NULL;

  ulak_random_fill (ULAK_RANDOM (random), key.bytes, sizeof key.bytes);
  ulak_random_fill (ULAK_RANDOM (random), other.bytes, sizeof other.bytes);
  ulak_random_fill (ULAK_RANDOM (random), nonce_bytes, sizeof nonce_bytes);
  sealed = vectors_keep (ulak_aead_seal (&key, nonce_bytes, associated, ULAK_SPAN_TEXT ("hello")));
  plain = ulak_aead_open (&key, nonce, associated, sealed, &error);
  g_assert_no_error (error);
  assert_spans_equal (ulak_span_of (plain), ULAK_SPAN_TEXT ("hello"));

  for (gsize bit = 0; bit < 8 * sealed.size_bytes; bit++)
    assert_refused (ulak_aead_open (&key, nonce, associated, vectors_flip (sealed, bit), refusal), ULAK_ERROR_DAMAGED);
  for (gsize bit = 0; bit < 8 * nonce.size_bytes; bit++)
    assert_refused (ulak_aead_open (&key, vectors_flip (nonce, bit), associated, sealed, refusal), ULAK_ERROR_DAMAGED);
  for (gsize size = 0; size < sealed.size_bytes; size++)
    assert_refused (ulak_aead_open (&key, nonce, associated, vectors_cut (sealed, size), refusal),
                    size < ULAK_AEAD_TAG_BYTES ? ULAK_ERROR_INVALID : ULAK_ERROR_DAMAGED);
  assert_refused (ulak_aead_open (&key, nonce, ULAK_SPAN_NONE, sealed, refusal), ULAK_ERROR_DAMAGED);
  assert_refused (ulak_aead_open (&other, nonce, associated, sealed, refusal), ULAK_ERROR_DAMAGED);
  assert_refused (ulak_aead_open (&key, vectors_cut (nonce, 11), associated, sealed, refusal), ULAK_ERROR_INVALID);
  assert_refused (ulak_aead_open (&key, ULAK_SPAN_NONE, associated, sealed, refusal), ULAK_ERROR_INVALID);
}

static void
test_counter_order (void)
{
  const UlakKey key = { { 7 } };
  g_autoptr (UlakCounterCipher) seals = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_SEALS, &key, 0);
  g_autoptr (UlakCounterCipher) opens = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_OPENS, &key, 0);
  g_autoptr (UlakCounterCipher) repeats = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_OPENS, &key, 0);
  g_autoptr (GByteArray) sealed = g_byte_array_new ();
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  UlakSpan first, second;

  g_assert_true (ulak_counter_cipher_seal (seals, ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("same"), sealed, NULL));
  g_assert_cmpuint (sealed->len, ==, 4 + ULAK_AEAD_TAG_BYTES);
  first = vectors_cut (ULAK_SPAN (sealed->data, sealed->len), 20);
  g_assert_true (ulak_counter_cipher_seal (seals, ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("same"), sealed, NULL));
  second = vectors_cut (ULAK_SPAN (sealed->data + 20, sealed->len - 20), 20);
  g_assert_false (ulak_span_equals (first, second));

  g_assert_true (ulak_counter_cipher_open (repeats, ULAK_SPAN_NONE, first, plain, NULL));
  g_assert_cmpuint (plain->len, ==, 4);
  assert_refused (ulak_counter_cipher_open (repeats, ULAK_SPAN_NONE, first, plain, refusal),
                  ULAK_ERROR_DAMAGED);
  g_assert_cmpuint (plain->len, ==, 4);

  assert_refused (ulak_counter_cipher_open (opens, ULAK_SPAN_NONE, second, plain, refusal),
                  ULAK_ERROR_DAMAGED);
  assert_refused (ulak_counter_cipher_open (opens, ULAK_SPAN_NONE, second, plain, refusal),
                  ULAK_ERROR_WRONG_STATE);
}

static void
test_counter_end (void)
{
  const UlakKey key = { { 8 } };
  g_autoptr (UlakCounterCipher) seals = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_SEALS, &key, G_MAXUINT32);
  g_autoptr (UlakCounterCipher) opens = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_OPENS, &key, G_MAXUINT32);
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autoptr (GByteArray) plain = g_byte_array_new ();

  g_assert_true (ulak_counter_cipher_seal (seals, ULAK_SPAN_NONE, ULAK_SPAN_NONE, frame, NULL));
  g_assert_true (ulak_counter_cipher_open (opens, ULAK_SPAN_NONE, ULAK_SPAN (frame->data, frame->len), plain, NULL));
  assert_refused (ulak_counter_cipher_seal (seals, ULAK_SPAN_NONE, ULAK_SPAN_NONE, frame, refusal), ULAK_ERROR_WRONG_STATE);
  g_assert_cmpuint (frame->len, ==, ULAK_AEAD_TAG_BYTES);
}

/* NIST SP 800-38A, F.2.5: the first block of CBC-AES256.Encrypt. */
static void
test_cbc (void)
{
  UlakSpan key_bytes = vectors_decode ("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
  UlakSpan iv = vectors_decode ("000102030405060708090a0b0c0d0e0f");
  UlakSpan plain = vectors_decode ("6bc1bee22e409f96e93d7e117393172a");
  g_autoptr (GByteArray) encrypted = NULL;
  g_autoptr (GByteArray) again = NULL;
  g_autoptr (GError) error = NULL;
  UlakSpan whole;
  UlakKey key;

  ulak_key_set (&key, key_bytes.bytes, key_bytes.size_bytes);
  encrypted = ulak_cbc_encrypt (&key, iv.bytes, plain);
  whole = ULAK_SPAN (encrypted->data, encrypted->len);
  g_assert_cmpuint (whole.size_bytes, ==, 32);
  assert_spans_equal (vectors_cut (whole, 16), vectors_decode ("f58c4c04d6e5f1ba779eabfb5f7bfbd6"));

  again = ulak_cbc_decrypt (&key, iv.bytes, whole, &error);
  g_assert_no_error (error);
  assert_spans_equal (ULAK_SPAN (again->data, again->len), plain);

  for (gsize size = 0; size < 16; size++)
    assert_refused (ulak_cbc_decrypt (&key, iv.bytes, vectors_cut (whole, size), refusal), ULAK_ERROR_INVALID);
  assert_refused (ulak_cbc_decrypt (&key, iv.bytes, vectors_cut (whole, 16), refusal), ULAK_ERROR_DAMAGED);
}

static void
test_spans (void)
{
  UlakSpan a = ULAK_SPAN_TEXT ("abcdefgh");

  g_assert_true (ulak_span_equals (a, ULAK_SPAN_TEXT ("abcdefgh")));
  g_assert_true (ulak_span_equals (ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("")));
  g_assert_false (ulak_span_equals (a, ULAK_SPAN_NONE));
  g_assert_false (ulak_span_equals (a, vectors_cut (a, 7)));
  for (gsize bit = 0; bit < 64; bit++)
    g_assert_false (ulak_span_equals (a, vectors_flip (a, bit)));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/crypto/HKDF makes the keys of the vectors", test_hkdf);
  g_test_add_func ("/whatsapp/crypto/HMAC-SHA256 makes the token of the vector", test_hmac);
  g_test_add_func ("/whatsapp/crypto/HMAC-SHA512 takes its text in pieces", test_hmac_512);
  g_test_add_func ("/whatsapp/crypto/both sides of an agreement derive the secret of the vectors", test_agreement);
  g_test_add_func ("/whatsapp/crypto/a point of small order and a key of another length are refused", test_weak_points);
  g_test_add_func ("/whatsapp/crypto/a generated key is clamped and is wiped when cleared", test_generated_pair);
  g_test_add_func ("/whatsapp/crypto/signatures of the vectors and our own hold for their signer only", test_signatures);
  g_test_add_func ("/whatsapp/crypto/a signature with any bit changed is refused", test_changed_signatures);
  g_test_add_func ("/whatsapp/crypto/a pre-key is signed with its type byte", test_pre_keys);
  g_test_add_func ("/whatsapp/crypto/pre-keys of bundles are verified once their type byte is off", test_bundles);
  g_test_add_func ("/whatsapp/crypto/GCM seals as the vector says", test_aead_vector);
  g_test_add_func ("/whatsapp/crypto/GCM refuses any bit changed and any byte missing", test_aead_changed);
  g_test_add_func ("/whatsapp/crypto/frames open once and in order, and a failure is final", test_counter_order);
  g_test_add_func ("/whatsapp/crypto/a counter never starts again", test_counter_end);
  g_test_add_func ("/whatsapp/crypto/CBC encrypts as the vector says and refuses cut blocks", test_cbc);
  g_test_add_func ("/whatsapp/crypto/spans are equal when all bytes are", test_spans);
  return g_test_run ();
}
