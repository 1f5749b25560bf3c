/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Two devices talk: in order, out of order, twice, with damage, and after everything that a server may forge.
 */
#include "unit/whatsapp/session-fixture.h"

#include "whatsapp/crypto/adv.h"
#include "whatsapp/codec/protobufs.h"

#define ALICE "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1
#define BOB "15550000002:4@s.whatsapp.net", "100000000000002:4@lid", 2

static void
test_talk (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  UlakPeerDevice to_bob;
  guint32 registration_id;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *text = g_strdup_printf ("to Bob %u", i), *answer = g_strdup_printf ("to Alice %u", i);

      side_tell (&alice, &bob, text);
      side_tell (&alice, &bob, text);
      side_tell (&bob, &alice, answer);
    }

  to_bob = side_know (&alice, &bob);
  g_assert_true (ulak_device_get_registration_id (alice.session, alice.database, &to_bob, &registration_id, NULL));
  g_assert_cmpuint (registration_id, ==,
                    ulak_credentials_get_registration_id (ulak_session_get_credentials (bob.session)));
}

static void
test_kinds (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  UlakPeerDevice to_bob, to_alice;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  to_bob = side_know (&alice, &bob);
  to_alice = side_know (&bob, &alice);
  {
    g_auto (UlakCiphertext) first = side_encrypt (&alice, &to_bob, "first");
    g_auto (UlakCiphertext) none = side_encrypt (&bob, &to_alice, "nobody knows you");

    g_assert_cmpint (first.kind, ==, ULAK_CIPHERTEXT_PKMSG);
    g_assert_null (none.bytes);
    g_assert_cmpint (side_try (&bob, &to_alice, &first), ==, ULAK_DECRYPT_OK);
  }
  side_tell (&bob, &alice, "answer");
  {
    g_auto (UlakCiphertext) later = side_encrypt (&alice, &to_bob, "later");

    g_assert_cmpint (later.kind, ==, ULAK_CIPHERTEXT_MSG);
  }
}

static void
test_order (void)
{
  enum
  {
    N = 40
  };
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  UlakPeerDevice to_bob, from_alice;
  UlakCiphertext ciphertexts[N];

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *text = g_strdup_printf ("message %u", i);

      ciphertexts[i] = side_encrypt (&alice, &to_bob, text);
    }
  for (guint i = 0; i < N; i++)
    {
      guint j = (i * 7 + 3) % N;
      g_autofree char *text = g_strdup_printf ("message %u", j);
      g_auto (UlakDecryption) decryption = side_decrypt (&bob, &from_alice, &ciphertexts[j]);

      assert_reads (&decryption, text);
      g_assert_cmpint (side_try (&bob, &from_alice, &ciphertexts[j]), ==, ULAK_DECRYPT_DUPLICATE);
    }
  for (guint i = 0; i < N; i++)
    ulak_ciphertext_clear (&ciphertexts[i]);
}

static void
test_skipped (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakCiphertext) second = { 0 };
  g_auto (UlakCiphertext) last = { 0 };
  g_auto (UlakCiphertext) beyond = { 0 };
  UlakPeerDevice to_bob, from_alice;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  side_tell (&alice, &bob, "first");
  side_tell (&bob, &alice, "answer");
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  second = side_encrypt (&alice, &to_bob, "second");
  for (guint i = 0; i < 1998; i++)
    {
      g_auto (UlakCiphertext) lost = side_encrypt (&alice, &to_bob, "lost");

      g_assert_nonnull (lost.bytes);
    }
  last = side_encrypt (&alice, &to_bob, "last");
  g_assert_cmpint (side_try (&bob, &from_alice, &last), ==, ULAK_DECRYPT_OK);
  g_assert_cmpint (side_try (&bob, &from_alice, &second), ==, ULAK_DECRYPT_OK);

  for (guint i = 0; i < 2001; i++)
    {
      g_auto (UlakCiphertext) lost = side_encrypt (&alice, &to_bob, "lost");

      g_assert_nonnull (lost.bytes);
    }
  beyond = side_encrypt (&alice, &to_bob, "beyond");
  g_assert_cmpint (side_try (&bob, &from_alice, &beyond), ==, ULAK_DECRYPT_BAD_MESSAGE);
}

/* Whoever begins anew again and again, and lets us keep keys each time, does not fill the disk. */
static void
test_record_limit (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  UlakPeerDevice to_bob, from_alice;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  for (guint i = 0; i < 5; i++)
    {
      g_auto (UlakCiphertext) last = { 0 };

      side_meet (&alice, &bob);
      for (guint j = 0; j < 1990; j++)
        {
          g_auto (UlakCiphertext) lost = side_encrypt (&alice, &to_bob, "lost");

          g_assert_nonnull (lost.bytes);
        }
      last = side_encrypt (&alice, &to_bob, "last");
      g_assert_cmpint (side_try (&bob, &from_alice, &last), ==, ULAK_DECRYPT_OK);
      g_assert_cmpint (side_count (&bob, "sessions WHERE length(record) > 524288"), ==, 0);
      g_assert_cmpint (side_count (&bob, "sessions WHERE length(record) > 100000"), ==, 1);
    }
  side_tell (&bob, &alice, "enough");
  side_tell (&alice, &bob, "is it?");
}

static void
test_damage (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakCiphertext) good = { 0 };
  UlakPeerDevice to_bob, from_alice;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  side_tell (&alice, &bob, "first");
  side_tell (&bob, &alice, "answer");
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  good = side_encrypt (&alice, &to_bob, "good");
  for (gsize i = 0; i < g_bytes_get_size (good.bytes); i++)
    {
      g_auto (UlakCiphertext) bad = { good.kind, flip_byte (good.bytes, i) };
      UlakDecryptOutcome outcome = side_try (&bob, &from_alice, &bad);

      g_assert_true (ulak_decrypt_outcome_wants_retry (outcome));
      g_assert_cmpuint (ulak_decrypt_outcome_get_retry_code (outcome), >, 0);
    }
  for (gsize i = 0; i < g_bytes_get_size (good.bytes); i++)
    {
      g_auto (UlakCiphertext) cut = { good.kind, g_bytes_new_from_bytes (good.bytes, 0, i) };

      g_assert_true (ulak_decrypt_outcome_wants_retry (side_try (&bob, &from_alice, &cut)));
    }
  g_assert_cmpint (side_try (&bob, &from_alice, &good), ==, ULAK_DECRYPT_OK);
}

static void
test_strangers (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakCiphertext) pkmsg = { 0 };
  g_auto (UlakCiphertext) msg = { 0 };
  UlakPeerDevice to_bob, from_alice;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  pkmsg = side_encrypt (&alice, &to_bob, "hello");
  side_run (&bob, "UPDATE pre_keys SET id = id + 1000");
  g_assert_cmpint (side_try (&bob, &from_alice, &pkmsg), ==, ULAK_DECRYPT_UNKNOWN_PRE_KEY);
  g_assert_cmpint (side_count (&bob, "sessions"), ==, 0);
  side_run (&bob, "UPDATE pre_keys SET id = id - 1000");
  side_run (&bob, "UPDATE signed_pre_keys SET id = id + 1000");
  g_assert_cmpint (side_try (&bob, &from_alice, &pkmsg), ==, ULAK_DECRYPT_UNKNOWN_PRE_KEY);
  side_run (&bob, "UPDATE signed_pre_keys SET id = id - 1000");
  g_assert_cmpint (side_try (&bob, &from_alice, &pkmsg), ==, ULAK_DECRYPT_OK);
  side_tell (&bob, &alice, "answer");

  msg = side_encrypt (&alice, &to_bob, "again");
  g_assert_true (ulak_device_delete_session (bob.database, &from_alice, NULL));
  g_assert_cmpint (side_try (&bob, &from_alice, &msg), ==, ULAK_DECRYPT_NO_SESSION);
}

static void
test_repeated_first (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakCiphertext) first = { 0 };
  UlakPeerDevice to_bob, from_alice;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  first = side_encrypt (&alice, &to_bob, "first");
  g_assert_cmpint (side_try (&bob, &from_alice, &first), ==, ULAK_DECRYPT_OK);
  g_assert_cmpint (side_count (&bob, "pre_keys WHERE used_us IS NOT NULL"), ==, 1);
  g_assert_cmpint (side_try (&bob, &from_alice, &first), ==, ULAK_DECRYPT_DUPLICATE);
  g_assert_cmpint (side_count (&bob, "pre_keys"), ==, 1);
}

static void
test_identity_change (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (Side) new_alice = { 0 };
  g_auto (UlakCiphertext) first = { 0 };
  g_auto (UlakDecryption) decryption = { 0 };
  UlakPeerDevice to_bob, from_alice;
  guint8 identity[ULAK_CURVE_PUBLIC_BYTES];
  gboolean has_identity;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  side_tell (&alice, &bob, "it is me");
  side_set_up (&new_alice, "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 77);
  side_meet (&new_alice, &bob);
  to_bob = side_know (&new_alice, &bob);
  from_alice = side_know (&bob, &alice);
  first = side_encrypt (&new_alice, &to_bob, "it is still me");
  decryption = side_decrypt (&bob, &from_alice, &first);
  assert_reads (&decryption, "it is still me");
  g_assert_true (decryption.has_identity_changed);
  g_assert_true (ulak_device_get_identity (bob.database, &from_alice, identity, &has_identity, NULL));
  g_assert_true (has_identity);
  g_assert_cmpmem (identity, sizeof identity,
                   ulak_credentials_get_identity (ulak_session_get_credentials (new_alice.session))->public_key, 32);
}

static void
test_forged_bundles (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (Side) eve = { 0 };
  UlakPeerDevice to_bob;
  Keys good = { 0 }, forged;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_set_up (&eve, "15550000009:1@s.whatsapp.net", "100000000000009:1@lid", 9);
  side_publish (&bob, TRUE, &good);
  to_bob = side_know (&alice, &bob);

  forged = good;
  forged.bundle.signature = ULAK_SPAN_ARRAY (forged.signed_pre_key.signature);
  forged.signed_pre_key.signature[10] ^= 4;
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &forged.bundle), ==, ULAK_BUNDLE_BAD_SIGNATURE);

  forged = good;
  forged.bundle.identity
      = ULAK_SPAN_ARRAY (ulak_credentials_get_identity (ulak_session_get_credentials (eve.session))->public_key);
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &forged.bundle), ==, ULAK_BUNDLE_BAD_SIGNATURE);

  forged = good;
  forged.bundle.identity = ULAK_SPAN (good.identity, 31);
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &forged.bundle), ==, ULAK_BUNDLE_MALFORMED);
  forged = good;
  forged.bundle.signature = ULAK_SPAN (good.signed_pre_key.signature, 63);
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &forged.bundle), ==, ULAK_BUNDLE_MALFORMED);
  forged = good;
  forged.bundle.pre_key = ULAK_SPAN_NONE;
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &forged.bundle), ==, ULAK_BUNDLE_MALFORMED);
  forged = good;
  forged.bundle.pre_key_id = 0x1000000;
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &forged.bundle), ==, ULAK_BUNDLE_MALFORMED);
  g_assert_cmpint (side_count (&alice, "sessions"), ==, 0);

  g_assert_cmpint (side_meet_as (&alice, &to_bob, &good.bundle), ==, ULAK_BUNDLE_OK);
  side_tell (&alice, &bob, "at last");
}

static void
test_bundle_without_pre_key (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  UlakPeerDevice to_bob;
  Keys keys = { 0 };

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_publish (&bob, FALSE, &keys);
  to_bob = side_know (&alice, &bob);
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &keys.bundle), ==, ULAK_BUNDLE_OK);
  side_tell (&alice, &bob, "without");
  side_tell (&bob, &alice, "fine");
}

/* What the phone of a side says about its companion. with_key: FALSE leaves the account key out. */
static GBytes *
make_statement (Side *self, gboolean with_key, const UlakKeyPair *phone)
{
  const UlakKeyPair *own = ulak_credentials_get_identity (ulak_session_get_credentials (self->session));
  static const guint8 prefix[] = { 6, 0 };
  Wa__ADVDeviceIdentity details = WA__ADVDEVICE_IDENTITY__INIT;
  Wa__ADVSignedDeviceIdentity statement = WA__ADVSIGNED_DEVICE_IDENTITY__INIT;
  guint8 account_signature[ULAK_CURVE_SIGNATURE_BYTES], device_signature[ULAK_CURVE_SIGNATURE_BYTES];
  g_autoptr (GBytes) packed = NULL;
  UlakAdvIdentity adv;

  details.has_raw_id = TRUE;
  details.raw_id = 7;
  packed = ulak_protobuf_pack (&details);
  {
    const UlakSpan spans[] = { ULAK_SPAN_ARRAY (prefix), ulak_span_of (packed), ULAK_SPAN_ARRAY (own->public_key) };

    ulak_curve_sign (&phone->private_key, self->random, spans, G_N_ELEMENTS (spans), account_signature);
  }
  adv = (UlakAdvIdentity){ .details = ulak_span_of (packed),
                           .account_signature_key = ULAK_SPAN_ARRAY (phone->public_key) };
  ulak_adv_sign_device (&adv, own, self->random, device_signature);
  statement.has_details = statement.has_account_signature = statement.has_device_signature = TRUE;
  statement.has_account_signature_key = with_key;
  statement.details = (ProtobufCBinaryData){ g_bytes_get_size (packed), (guint8 *) g_bytes_get_data (packed, NULL) };
  statement.account_signature = (ProtobufCBinaryData){ sizeof account_signature, account_signature };
  statement.device_signature = (ProtobufCBinaryData){ sizeof device_signature, device_signature };
  statement.account_signature_key = (ProtobufCBinaryData){ sizeof phone->public_key, (guint8 *) phone->public_key };
  return ulak_protobuf_pack (&statement);
}

static void
test_device_identity_of_bundle (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_autoptr (GBytes) whole = NULL;
  g_autoptr (GBytes) short_one = NULL;
  UlakPeerDevice to_bob, bobs_phone;
  Keys keys = { 0 };

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_publish (&bob, TRUE, &keys);
  to_bob = side_know (&alice, &bob);
  bobs_phone = (UlakPeerDevice){ to_bob.peer, 0 };
  whole = make_statement (&bob, TRUE, &bob.phone);
  short_one = make_statement (&bob, FALSE, &bob.phone);

  for (gsize i = 0; i < g_bytes_get_size (whole); i++)
    {
      g_autoptr (GBytes) forged = flip_byte (whole, i);

      keys.bundle.device_identity = ulak_span_of (forged);
      g_assert_cmpint (side_meet_as (&alice, &to_bob, &keys.bundle), ==, ULAK_BUNDLE_BAD_DEVICE);
    }
  keys.bundle.device_identity = ulak_span_of (short_one);
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &keys.bundle), ==, ULAK_BUNDLE_BAD_DEVICE);
  g_assert_cmpint (side_count (&alice, "sessions"), ==, 0);

  g_assert_true (ulak_device_save_identity (alice.database, &bobs_phone, bob.phone.public_key, START_US, NULL, NULL));
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &keys.bundle), ==, ULAK_BUNDLE_OK);
  keys.bundle.device_identity = ulak_span_of (whole);
  g_assert_cmpint (side_meet_as (&alice, &to_bob, &keys.bundle), ==, ULAK_BUNDLE_OK);
}

static void
test_device_identity_of_pkmsg (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakCiphertext) first = { 0 };
  g_autoptr (GBytes) statement = NULL;
  g_autoptr (GBytes) forged = NULL;
  g_auto (UlakDecryption) refused = { 0 };
  g_auto (UlakDecryption) taken = { 0 };
  UlakPeerDevice to_bob, from_alice;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  first = side_encrypt (&alice, &to_bob, "look at my papers");
  statement = make_statement (&alice, TRUE, &alice.phone);
  forged = make_statement (&bob, TRUE, &alice.phone);

  g_assert_true (ulak_device_decrypt (bob.session, bob.database, &from_alice, first.kind, ulak_span_of (first.bytes),
                                      ulak_span_of (forged), bob.now_us, &refused, NULL));
  g_assert_cmpint (refused.outcome, ==, ULAK_DECRYPT_BAD_DEVICE);
  g_assert_cmpuint (ulak_decrypt_outcome_get_retry_code (refused.outcome), ==, 12);
  g_assert_cmpint (side_count (&bob, "sessions"), ==, 0);
  g_assert_true (ulak_device_decrypt (bob.session, bob.database, &from_alice, first.kind, ulak_span_of (first.bytes),
                                      ulak_span_of (statement), bob.now_us, &taken, NULL));
  assert_reads (&taken, "look at my papers");
}

/* A session with a device that self takes for its own, since self's phone said so. */
static UlakPeerDevice
meet_companion (Side *self, Side *companion)
{
  g_autoptr (GBytes) statement = make_statement (companion, TRUE, &self->phone);
  UlakPeerDevice device = side_know (self, companion);
  Keys keys = { 0 };

  side_publish (companion, TRUE, &keys);
  keys.bundle.device_identity = ulak_span_of (statement);
  g_assert_cmpint (side_meet_as (self, &device, &keys.bundle), ==, ULAK_BUNDLE_OK);
  return device;
}

/* Whoever comes as our own phone has the key that linked us. */
static void
test_own_phone (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) eve = { 0 };
  g_auto (UlakCiphertext) first = { 0 };
  UlakPeerDevice to_alice, from_phone;
  Keys keys = { 0 };

  side_set_up (&alice, ALICE);
  side_set_up (&eve, "15550000001@s.whatsapp.net", "100000000000001@lid", 9);
  to_alice = meet_companion (&eve, &alice);
  from_phone = side_know (&alice, &eve);
  first = side_encrypt (&eve, &to_alice, "I am your phone");
  g_assert_cmpint (side_try (&alice, &from_phone, &first), ==, ULAK_DECRYPT_UNTRUSTED);
  side_publish (&eve, TRUE, &keys);
  g_assert_cmpint (side_meet_as (&alice, &from_phone, &keys.bundle), !=, ULAK_BUNDLE_OK);
  g_assert_cmpint (side_count (&alice, "sessions"), ==, 0);
}

/* Whoever comes as another companion of our account has our phone's word for it. */
static void
test_own_companion (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) other = { 0 };
  g_auto (UlakCiphertext) first = { 0 };
  g_auto (UlakDecryption) refused = { 0 };
  g_auto (UlakDecryption) taken = { 0 };
  g_autoptr (GBytes) forged = NULL;
  g_autoptr (GBytes) statement = NULL;
  UlakPeerDevice to_alice, from_other;

  side_set_up (&alice, ALICE);
  side_set_up (&other, "15550000001:9@s.whatsapp.net", "100000000000001:9@lid", 9);
  to_alice = meet_companion (&other, &alice);
  from_other = side_know (&alice, &other);
  first = side_encrypt (&other, &to_alice, "we wrote this");
  forged = make_statement (&other, TRUE, &other.phone);
  statement = make_statement (&other, TRUE, &alice.phone);
  g_assert_cmpint (side_try (&alice, &from_other, &first), ==, ULAK_DECRYPT_BAD_DEVICE);
  g_assert_true (ulak_device_decrypt (alice.session, alice.database, &from_other, first.kind, ulak_span_of (first.bytes),
                                      ulak_span_of (forged), alice.now_us, &refused, NULL));
  g_assert_cmpint (refused.outcome, ==, ULAK_DECRYPT_BAD_DEVICE);
  g_assert_true (ulak_device_decrypt (alice.session, alice.database, &from_other, first.kind, ulak_span_of (first.bytes),
                                      ulak_span_of (statement), alice.now_us, &taken, NULL));
  assert_reads (&taken, "we wrote this");
}

/* The same of the keys that a server gives us for a companion of ours. */
static void
test_bundle_of_own_companion (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) other = { 0 };
  g_autoptr (GBytes) forged = NULL;
  g_autoptr (GBytes) statement = NULL;
  UlakPeerDevice to_other;
  Keys keys = { 0 };

  side_set_up (&alice, ALICE);
  side_set_up (&other, "15550000001:9@s.whatsapp.net", "100000000000001:9@lid", 9);
  side_publish (&other, TRUE, &keys);
  to_other = side_know (&alice, &other);
  forged = make_statement (&other, TRUE, &other.phone);
  statement = make_statement (&other, TRUE, &alice.phone);
  g_assert_cmpint (side_meet_as (&alice, &to_other, &keys.bundle), ==, ULAK_BUNDLE_BAD_DEVICE);
  keys.bundle.device_identity = ulak_span_of (forged);
  g_assert_cmpint (side_meet_as (&alice, &to_other, &keys.bundle), ==, ULAK_BUNDLE_BAD_DEVICE);
  g_assert_cmpint (side_count (&alice, "sessions"), ==, 0);
  keys.bundle.device_identity = ulak_span_of (statement);
  g_assert_cmpint (side_meet_as (&alice, &to_other, &keys.bundle), ==, ULAK_BUNDLE_OK);
}

/* Both begin at the same moment: each keeps what the other sent. */
static void
test_crossing (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakCiphertext) to_b = { 0 };
  g_auto (UlakCiphertext) to_a = { 0 };
  UlakPeerDevice bob_at_alice, alice_at_bob;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  side_meet (&bob, &alice);
  bob_at_alice = side_know (&alice, &bob);
  alice_at_bob = side_know (&bob, &alice);
  to_b = side_encrypt (&alice, &bob_at_alice, "me first");
  to_a = side_encrypt (&bob, &alice_at_bob, "no, me");
  g_assert_cmpint (side_try (&bob, &alice_at_bob, &to_b), ==, ULAK_DECRYPT_OK);
  g_assert_cmpint (side_try (&alice, &bob_at_alice, &to_a), ==, ULAK_DECRYPT_OK);
  for (guint i = 0; i < 4; i++)
    {
      side_tell (&alice, &bob, "and");
      side_tell (&bob, &alice, "so on");
    }
}

static void
test_missing (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_autoptr (GArray) missing = NULL;
  UlakPeerDevice devices[3];

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  devices[0] = side_know (&alice, &bob);
  devices[1] = (UlakPeerDevice){ devices[0].peer, 0 };
  devices[2] = (UlakPeerDevice){ devices[0].peer, 9 };
  g_assert_true (ulak_device_list_without_session (alice.database, devices, 3, &missing, NULL));
  g_assert_cmpuint (missing->len, ==, 2);
  g_assert_cmpuint (g_array_index (missing, UlakPeerDevice, 0).device, ==, 0);
  g_assert_cmpuint (g_array_index (missing, UlakPeerDevice, 1).device, ==, 9);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/device-cipher/two devices talk to each other", test_talk);
  g_test_add_func ("/session/device-cipher/the first messages are pkmsg and what follows an answer is msg", test_kinds);
  g_test_add_func ("/session/device-cipher/messages are read in any order and each once", test_order);
  g_test_add_func ("/session/device-cipher/two thousand messages may be skipped and no more", test_skipped);
  g_test_add_func ("/session/device-cipher/a session has a limit whatever a peer makes us keep", test_record_limit);
  g_test_add_func ("/session/device-cipher/a damaged message changes nothing", test_damage);
  g_test_add_func ("/session/device-cipher/what cannot be read has its reason", test_strangers);
  g_test_add_func ("/session/device-cipher/a repeated first message is a duplicate", test_repeated_first);
  g_test_add_func ("/session/device-cipher/a new identity is trusted and reported", test_identity_change);
  g_test_add_func ("/session/device-cipher/a forged or broken bundle begins no session", test_forged_bundles);
  g_test_add_func ("/session/device-cipher/a bundle without a one-time key is good", test_bundle_without_pre_key);
  g_test_add_func ("/session/device-cipher/a bundle's device identity must hold", test_device_identity_of_bundle);
  g_test_add_func ("/session/device-cipher/keys of our own companion come with our phone's word", test_bundle_of_own_companion);
  g_test_add_func ("/session/device-cipher/a first message's device identity must hold", test_device_identity_of_pkmsg);
  g_test_add_func ("/session/device-cipher/nobody else comes as our own phone", test_own_phone);
  g_test_add_func ("/session/device-cipher/our own companions show what our phone signed", test_own_companion);
  g_test_add_func ("/session/device-cipher/two that begin at once understand each other", test_crossing);
  g_test_add_func ("/session/device-cipher/devices without a session are listed", test_missing);
  return g_test_run ();
}
