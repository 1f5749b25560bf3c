/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The link code and the statements by which devices belong to an account.
 */
#include "whatsapp/crypto/adv.h"
#include "whatsapp/crypto/link-code.h"

#include "core/error.h"

#include "unit/fakes/random.h"
#include "unit/whatsapp/crypto-vectors.h"

static UlakLinkCode
make_code (JsonObject *row)
{
  UlakSpan bytes = vectors_hex (row, "code_random");
  g_autoptr (UlakRandom) random = vectors_random (&bytes, 1);
  UlakLinkCode code;

  ulak_link_code_generate (&code, random);
  return code;
}

static void
check_wraps (const UlakLinkCode *code, JsonObject *row, const UlakKeyPair *own, const UlakKeyPair *phone)
{
  JsonObject *ours = json_object_get_object_member (row, "companion_hello");
  JsonObject *theirs = json_object_get_object_member (row, "primary_hello");
  const UlakSpan script[] = { vectors_hex (ours, "salt"), vectors_hex (ours, "iv") };
  UlakSpan wrapped = vectors_hex (theirs, "wrapped");
  g_autoptr (UlakRandom) random = vectors_random (script, G_N_ELEMENTS (script));
  g_autoptr (GBytes) made = ulak_link_code_wrap (code, own->public_key, random);
  guint8 key[ULAK_CURVE_PUBLIC_BYTES];
  g_autoptr (GError) error = NULL;

  assert_spans_equal (ulak_span_of (made), vectors_hex (ours, "wrapped"));
  g_assert_true (ulak_link_code_unwrap (code, wrapped, key, &error));
  g_assert_no_error (error);
  assert_spans_equal (ULAK_SPAN_ARRAY (key), ULAK_SPAN_ARRAY (phone->public_key));
}

static void
check_finish (JsonObject *row,
              const UlakKeyPair *own,
              const UlakKeyPair *phone,
              const UlakKeyPair *identity,
              const UlakKeyPair *phone_identity)
{
  JsonObject *finish = json_object_get_object_member (row, "companion_finish");
  const UlakSpan script[] = {
    vectors_hex (finish, "random"),
    vectors_hex (finish, "bundle_salt"),
    vectors_hex (finish, "bundle_iv"),
  };
  UlakKey expected = vectors_key (finish, "adv_secret"), secret = { 0 };
  g_autoptr (UlakRandom) random = vectors_random (script, G_N_ELEMENTS (script));
  g_autoptr (GBytes) bundle = NULL;
  g_autoptr (GError) error = NULL;

  bundle = ulak_link_code_finish (own, ULAK_SPAN_ARRAY (phone->public_key), identity,
                                  ULAK_SPAN_ARRAY (phone_identity->public_key), random, &secret, &error);
  g_assert_no_error (error);
  g_assert_true (vectors_random_is_used_up (random));
  assert_spans_equal (ulak_span_of (bundle), vectors_hex (finish, "wrapped_key_bundle"));
  g_assert_true (ulak_key_equals (&secret, &expected));
}

static void
test_link_codes (void)
{
  JsonObject *vectors = vectors_load ("link-code.json");
  JsonObject *keys = json_object_get_object_member (vectors, "keys");
  UlakKeyPair own = vectors_pair (keys, "companion_ephemeral"), phone = vectors_pair (keys, "primary_ephemeral");
  UlakKeyPair identity = vectors_pair (keys, "own_identity"), phone_identity = vectors_pair (keys, "primary_identity");
  JsonArray *rows = vectors_array (vectors, "vectors");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakLinkCode code = make_code (row);
      g_autofree char *display = ulak_link_code_display (&code);

      g_assert_cmpstr (code.letters, ==, json_object_get_string_member (row, "code"));
      g_assert_cmpstr (display, ==, json_object_get_string_member (row, "display"));
      check_wraps (&code, row, &own, &phone);
      check_finish (row, &own, &phone, &identity, &phone_identity);
    }
}

static void
test_bad_link_codes (void)
{
  JsonObject *vectors = vectors_load ("link-code.json");
  JsonObject *keys = json_object_get_object_member (vectors, "keys");
  JsonObject *row = json_array_get_object_element (vectors_array (vectors, "vectors"), 0);
  UlakKeyPair own = vectors_pair (keys, "companion_ephemeral"), identity = vectors_pair (keys, "own_identity");
  UlakSpan wrapped = vectors_hex (json_object_get_object_member (row, "primary_hello"), "wrapped");
  UlakSpan phone = ULAK_SPAN_ARRAY (own.public_key);
  UlakSpan zero = vectors_decode ("0000000000000000000000000000000000000000000000000000000000000000");
  UlakLinkCode code = make_code (row), other = code;
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (7);
  guint8 key[ULAK_CURVE_PUBLIC_BYTES], other_key[ULAK_CURVE_PUBLIC_BYTES];
  UlakKey secret;

  assert_refused (ulak_link_code_unwrap (&code, vectors_cut (wrapped, 79), key, refusal), ULAK_ERROR_INVALID);
  assert_refused (ulak_link_code_unwrap (&code, vectors_join (wrapped, ULAK_SPAN_TEXT ("x")), key, refusal),
                  ULAK_ERROR_INVALID);
  assert_refused (ulak_link_code_unwrap (&code, ULAK_SPAN_NONE, key, refusal), ULAK_ERROR_INVALID);

  other.letters[7] = other.letters[7] == 'A' ? 'B' : 'A';
  g_assert_true (ulak_link_code_unwrap (&code, wrapped, key, NULL));
  g_assert_true (ulak_link_code_unwrap (&other, wrapped, other_key, NULL));
  g_assert_false (ulak_span_equals (ULAK_SPAN_ARRAY (key), ULAK_SPAN_ARRAY (other_key)));

#define REFUSED(ephemeral, phone_identity) \
  assert_refused (ulak_link_code_finish (&own, ephemeral, &identity, phone_identity, ULAK_RANDOM (random), &secret, refusal), \
                  ULAK_ERROR_INVALID)
  REFUSED (zero, phone);
  REFUSED (phone, zero);
  REFUSED (ULAK_SPAN_NONE, phone);
  REFUSED (phone, ULAK_SPAN_NONE);
  REFUSED (phone, vectors_cut (phone, 31));
#undef REFUSED
}

static UlakAdvIdentity
read_identity (UlakSpan message, UlakSpan known_key)
{
  UlakAdvIdentity identity = {
    .details = vectors_field (message, 1),
    .account_signature_key = vectors_field (message, 2),
    .account_signature = vectors_field (message, 3),
    .device_signature = vectors_field (message, 4),
  };

  if (identity.account_signature_key.size_bytes == 0)
    identity.account_signature_key = known_key;
  identity.is_hosted = vectors_number (identity.details, 5) == 1;
  return identity;
}

static void
check_own_signature (JsonObject *row, const UlakAdvIdentity *identity, const UlakKeyPair *own)
{
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (8);
  guint8 signature[ULAK_CURVE_SIGNATURE_BYTES];
  UlakSpan key = ULAK_SPAN_ARRAY (own->public_key), input = vectors_hex (row, "device_signature_input");

  ulak_adv_sign_device (identity, own, ULAK_RANDOM (random), signature);
  g_assert_true (ulak_curve_verify (key, &input, 1, ULAK_SPAN_ARRAY (signature)));
  g_assert_true (ulak_curve_verify (key, &input, 1, vectors_hex (row, "device_signature_example")));
}

static void
test_pairing (void)
{
  JsonObject *vectors = vectors_load ("adv.json");
  JsonArray *rows = vectors_array (vectors, "pair_success");
  UlakKey secret = vectors_key (vectors, "adv_secret");
  UlakKeyPair own = vectors_pair (vectors, "own_identity");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakSpan content = vectors_hex (row, "device_identity_content"), details = vectors_field (content, 1);
      UlakAdvIdentity identity = read_identity (details, ULAK_SPAN_NONE);
      gboolean is_hosted = vectors_number (content, 3) == 1, is_valid = json_object_get_boolean_member (row, "valid");
      const char *fault = is_valid ? "" : json_object_get_string_member (row, "error_text");
      gboolean has_mac = ulak_adv_check_pairing (&secret, details, vectors_field (content, 2), is_hosted);

      g_assert_true (has_mac == !g_str_equal (fault, "hmac-mismatch"));
      if (!has_mac)
        continue;
      g_assert_true (ulak_adv_check_account (&identity, ULAK_SPAN_ARRAY (own.public_key)) == is_valid);
      if (is_valid)
        check_own_signature (row, &identity, &own);
    }
}

static void
test_changed_pairing (void)
{
  JsonObject *vectors = vectors_load ("adv.json");
  JsonObject *row = json_array_get_object_element (vectors_array (vectors, "pair_success"), 0);
  UlakKey secret = vectors_key (vectors, "adv_secret");
  UlakSpan content = vectors_hex (row, "device_identity_content");
  UlakSpan details = vectors_field (content, 1), mac = vectors_field (content, 2);

  g_assert_true (ulak_adv_check_pairing (&secret, details, mac, FALSE));
  g_assert_false (ulak_adv_check_pairing (&secret, details, mac, TRUE));
  g_assert_false (ulak_adv_check_pairing (&secret, vectors_cut (details, details.size_bytes - 1), mac, FALSE));
  g_assert_false (ulak_adv_check_pairing (&secret, ULAK_SPAN_NONE, mac, FALSE));
  g_assert_false (ulak_adv_check_pairing (&secret, details, ULAK_SPAN_NONE, FALSE));
  g_assert_false (ulak_adv_check_pairing (&secret, details, vectors_cut (mac, 31), FALSE));
  g_assert_false (ulak_adv_check_pairing (&secret, details, vectors_cut (mac, 10), FALSE));
  for (gsize bit = 0; bit < 256; bit++)
    g_assert_false (ulak_adv_check_pairing (&secret, details, vectors_flip (mac, bit), FALSE));
}

static void
test_other_devices (void)
{
  JsonArray *rows = vectors_array (vectors_load ("adv.json"), "other_devices");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakAdvIdentity identity = read_identity (vectors_hex (row, "device_identity"), vectors_hex (row, "primary_public"));
      UlakSpan device = vectors_hex (row, "device_public"), input = vectors_hex (row, "account_signature_input");

      g_assert_true (ulak_adv_check_account (&identity, device));
      g_assert_true (ulak_adv_check_device (&identity, device) == json_object_get_boolean_member (row, "valid"));
      g_assert_true (ulak_curve_verify (identity.account_signature_key, &input, 1, identity.account_signature));
    }
}

static void
test_changed_devices (void)
{
  JsonObject *row = json_array_get_object_element (vectors_array (vectors_load ("adv.json"), "other_devices"), 0);
  const UlakAdvIdentity good = read_identity (vectors_hex (row, "device_identity"), ULAK_SPAN_NONE);
  UlakSpan device = vectors_hex (row, "device_public");
  UlakAdvIdentity bad;

#define REFUSED(field, value) \
  G_STMT_START \
  { \
    bad = good; \
    bad.field = value; \
    g_assert_false (ulak_adv_check_account (&bad, device) && ulak_adv_check_device (&bad, device)); \
  } \
  G_STMT_END
  g_assert_true (ulak_adv_check_account (&good, device) && ulak_adv_check_device (&good, device));
  REFUSED (is_hosted, TRUE);
  REFUSED (details, vectors_flip (good.details, 5));
  REFUSED (details, ULAK_SPAN_NONE);
  REFUSED (account_signature_key, vectors_flip (good.account_signature_key, 5));
  REFUSED (account_signature_key, ULAK_SPAN_NONE);
  REFUSED (account_signature, vectors_flip (good.account_signature, 200));
  REFUSED (account_signature, vectors_cut (good.account_signature, 63));
  REFUSED (account_signature, ULAK_SPAN_NONE);
  REFUSED (device_signature, vectors_flip (good.device_signature, 500));
  REFUSED (device_signature, vectors_cut (good.device_signature, 63));
  REFUSED (device_signature, good.account_signature);
  REFUSED (device_signature, ULAK_SPAN_NONE);
#undef REFUSED
  g_assert_false (ulak_adv_check_account (&good, vectors_flip (device, 1)));
  g_assert_false (ulak_adv_check_account (&good, vectors_cut (device, 31)));
  g_assert_false (ulak_adv_check_device (&good, vectors_flip (device, 1)));
  g_assert_false (ulak_adv_check_device (&good, ULAK_SPAN_NONE));
}

static void
test_key_index_lists (void)
{
  JsonArray *rows = vectors_array (vectors_load ("adv.json"), "key_index_lists");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakSpan list = vectors_hex (row, "signed_key_index_list"), key = vectors_hex (row, "primary_public");
      UlakSpan details = vectors_field (list, 1), signature = vectors_field (list, 2);

      g_assert_true (ulak_adv_check_key_index_list (details, signature, key) == json_object_get_boolean_member (row, "valid"));
      g_assert_false (ulak_adv_check_key_index_list (vectors_flip (details, 3), signature, key));
      g_assert_false (ulak_adv_check_key_index_list (details, vectors_cut (signature, 63), key));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/pairing/a link code goes all the way as the vectors say", test_link_codes);
  g_test_add_func ("/whatsapp/pairing/keys of other lengths and weak keys end a link code", test_bad_link_codes);
  g_test_add_func ("/whatsapp/pairing/a pairing is accepted or refused as the vectors say", test_pairing);
  g_test_add_func ("/whatsapp/pairing/a changed MAC of a pairing is refused", test_changed_pairing);
  g_test_add_func ("/whatsapp/pairing/devices of others are judged as the vectors say", test_other_devices);
  g_test_add_func ("/whatsapp/pairing/each field of a device's statement counts", test_changed_devices);
  g_test_add_func ("/whatsapp/pairing/the signature of a key index list is checked", test_key_index_lists);
  return g_test_run ();
}
