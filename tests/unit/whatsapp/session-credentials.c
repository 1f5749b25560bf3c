/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Who the device is: made, stored, sealed, linked and forgotten; and its pre-keys.
 */
#include "unit/whatsapp/session-fixture.h"

#include "whatsapp/session/clean-up.h"
#include "whatsapp/session/generation.h"

#include "core/error.h"

#define ALICE "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1
#define BOB "15550000002:4@s.whatsapp.net", "100000000000002:4@lid", 2

static UlakCredentials *
load (Side *self)
{
  g_autoptr (GError) error = NULL;
  UlakCredentials *credentials = NULL;

  ulak_credentials_load (self->database, self->seal, &credentials, &error);
  g_assert_no_error (error);
  return credentials;
}

static void
test_create (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (UlakCredentials) credentials = NULL;
  g_autoptr (UlakCredentials) again = NULL;
  g_autoptr (GError) error = NULL;
  const UlakSignedPreKey *key;

  side_set_up (&alice, ALICE);
  credentials = load (&alice);
  g_assert_true (ulak_credentials_is_linked (credentials));
  g_assert_cmpuint (ulak_credentials_get_registration_id (credentials), >=, 1);
  g_assert_cmpuint (ulak_credentials_get_registration_id (credentials), <=, 16383);
  key = ulak_credentials_get_signed_pre_key (credentials);
  g_assert_cmpuint (key->id, ==, 1);
  g_assert_true (ulak_curve_verify_pre_key (ULAK_SPAN_ARRAY (ulak_credentials_get_identity (credentials)->public_key),
                                            ULAK_SPAN_ARRAY (key->public_key), ULAK_SPAN_ARRAY (key->signature)));
  g_assert_false (ulak_credentials_create (alice.database, alice.seal, alice.random, 0, &again, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_EXISTS);
}

static void
test_unlinked (void)
{
  UlakDatabase *database = side_open_database ();
  UlakSeal *seal = side_make_seal ("0123456789abcdef0123456789abcdef");
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (UlakCredentials) credentials = NULL;
  UlakJid jid = jid_of ("15550000001@s.whatsapp.net");
  UlakPeer own;

  g_assert_true (ulak_credentials_load (database, seal, &credentials, NULL));
  g_assert_null (credentials);
  g_assert_true (ulak_credentials_create (database, seal, random, START_US, &credentials, NULL));
  g_assert_false (ulak_credentials_is_linked (credentials));
  g_assert_null (ulak_credentials_get_jid (credentials));
  g_assert_null (ulak_credentials_get_device_identity (credentials));
  g_assert_false (ulak_credentials_is_own (credentials, &jid));
  g_assert_true (ulak_peers_get_own (database, &own, NULL));
  g_assert_cmpint (own.id, ==, 0);
  {
    g_autoptr (UlakSession) session = ulak_session_new (credentials, random);
    g_autoptr (GError) error = NULL;
    UlakDistribution distribution;

    g_assert_false (ulak_group_get_distribution (session, database, GROUP, START_US, &distribution, &error));
    g_assert_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  }
  ulak_seal_free (seal);
  ulak_database_free (database);
}

static void
test_pairing (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (UlakCredentials) credentials = NULL;
  UlakJid phone = jid_of ("15550000001@s.whatsapp.net"), lid = jid_of ("100000000000001:3@lid");
  UlakJid other = jid_of ("15550000001:8@s.whatsapp.net"), stranger = jid_of ("15550000009@s.whatsapp.net");
  UlakJid legacy = jid_of ("15550000001@c.us"), group = jid_of (GROUP);
  UlakPeerDevice device_zero = { 0 };
  guint8 identity[ULAK_CURVE_PUBLIC_BYTES];
  gboolean has_identity;
  UlakPeer own;

  side_set_up (&alice, ALICE);
  credentials = load (&alice);
  g_assert_true (ulak_jid_equal (ulak_credentials_get_jid (credentials), &alice.jid));
  g_assert_true (ulak_jid_equal (ulak_credentials_get_lid (credentials), &alice.lid));
  g_assert_cmpstr (ulak_credentials_get_platform (credentials), ==, "android");
  g_assert_null (ulak_credentials_get_business_name (credentials));
  g_assert_cmpint (ulak_credentials_get_lid_migration (credentials), ==, ULAK_LID_MIGRATION_YES);
  g_assert_true (ulak_credentials_is_own (credentials, &phone));
  g_assert_true (ulak_credentials_is_own (credentials, &legacy));
  g_assert_true (ulak_credentials_is_own (credentials, &lid));
  g_assert_true (ulak_credentials_is_own (credentials, &other));
  g_assert_false (ulak_credentials_is_own (credentials, &stranger));
  g_assert_false (ulak_credentials_is_own (credentials, &group));
  g_assert_true (ulak_credentials_is_own_device (credentials, &lid));
  g_assert_false (ulak_credentials_is_own_device (credentials, &other));

  g_assert_true (ulak_peers_get_own (alice.database, &own, NULL));
  g_assert_cmpstr (own.phone, ==, "15550000001");
  g_assert_cmpstr (own.lid, ==, "100000000000001");
  device_zero.peer = own.id;
  g_assert_true (ulak_device_get_identity (alice.database, &device_zero, identity, &has_identity, NULL));
  g_assert_cmpmem (identity, sizeof identity, alice.phone.public_key, sizeof alice.phone.public_key);
}

static void
test_pieces (void)
{
  static const UlakKey secret = { { 7 } };
  g_auto (Side) alice = { 0 };
  g_autoptr (UlakCredentials) credentials = NULL;
  g_autoptr (UlakCredentials) later = NULL;
  UlakJid lid = jid_of ("100000000000777:3@lid");

  side_set_up (&alice, ALICE);
  g_assert_true (ulak_credentials_save_routing_info (alice.database, ULAK_SPAN_TEXT ("route"), NULL));
  g_assert_true (ulak_credentials_save_push_name (alice.database, "Alice", NULL));
  g_assert_true (ulak_credentials_save_server_time_offset (alice.database, -3, NULL));
  g_assert_true (ulak_credentials_save_lid_migration (alice.database, ULAK_LID_MIGRATION_NO, NULL));
  g_assert_true (ulak_credentials_save_adv_secret (alice.database, alice.seal, &secret, NULL));
  g_assert_true (ulak_credentials_save_lid (alice.database, &lid, alice.now_us, NULL));
  credentials = load (&alice);
  g_assert_cmpuint (g_bytes_get_size (ulak_credentials_get_routing_info (credentials)), ==, 5);
  g_assert_cmpstr (ulak_credentials_get_push_name (credentials), ==, "Alice");
  g_assert_cmpint (ulak_credentials_get_server_time_offset_s (credentials), ==, -3);
  g_assert_cmpint (ulak_credentials_get_lid_migration (credentials), ==, ULAK_LID_MIGRATION_YES);
  g_assert_true (ulak_key_equals (ulak_credentials_get_adv_secret (credentials), &secret));
  g_assert_true (ulak_jid_equal (ulak_credentials_get_lid (credentials), &lid));
  g_assert_true (ulak_credentials_save_routing_info (alice.database, ULAK_SPAN_NONE, NULL));
  later = load (&alice);
  g_assert_null (ulak_credentials_get_routing_info (later));
}

static void
test_other_seal (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakCredentials) credentials = NULL;
  UlakSeal *other;

  side_set_up (&alice, ALICE);
  other = side_make_seal ("another key of exactly 32 bytes!");
  g_assert_false (ulak_credentials_load (alice.database, other, &credentials, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED);
  g_assert_nonnull (strstr (error->message, "WhatsApp keys"));
  ulak_seal_free (other);
}

static void
test_nothing_in_clear (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (UlakCredentials) credentials = NULL;
  const UlakKey *keys[3];

  side_set_up (&alice, ALICE);
  credentials = load (&alice);
  keys[0] = &ulak_credentials_get_noise (credentials)->private_key;
  keys[1] = &ulak_credentials_get_identity (credentials)->private_key;
  keys[2] = ulak_credentials_get_adv_secret (credentials);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GString) where
          = g_string_new ("credentials WHERE instr(noise_private || identity_private || adv_secret, x'");

      for (gsize j = 0; j < ULAK_KEY_BYTES; j++)
        g_string_append_printf (where, "%02x", keys[i]->bytes[j]);
      g_string_append (where, "') > 0");
      g_assert_cmpint (side_count (&alice, where->str), ==, 0);
    }
}

static void
test_wipe (void)
{
  static const char *const tables[]
      = { "credentials", "pre_keys", "signed_pre_keys", "peers", "sessions", "identities", "sender_keys" };
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakDistribution) distribution = { 0 };
  Keys keys = { 0 };

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_publish (&alice, TRUE, &keys);
  side_meet (&alice, &bob);
  g_assert_true (ulak_group_get_distribution (alice.session, alice.database, GROUP, alice.now_us, &distribution, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    g_assert_cmpint (side_count (&alice, tables[i]), >, 0);
  g_assert_true (ulak_credentials_wipe (alice.database, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    g_assert_cmpint (side_count (&alice, tables[i]), ==, 0);
}

static GArray *
prepare (Side *self, guint n)
{
  g_autoptr (GError) error = NULL;
  GArray *keys = NULL;

  ulak_pre_keys_prepare (self->session, self->database, n, self->now_us, &keys, &error);
  g_assert_no_error (error);
  return keys;
}

static void
test_pre_keys (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (GArray) first = NULL;
  g_autoptr (GArray) again = NULL;
  g_autoptr (GArray) next = NULL;
  UlakPreKey by_hand;
  guint n;

  side_set_up (&alice, ALICE);
  first = prepare (&alice, 10);
  again = prepare (&alice, 12);
  g_assert_cmpuint (again->len, ==, 12);
  g_assert_cmpmem (first->data, 10 * sizeof (UlakPreKey), again->data, 10 * sizeof (UlakPreKey));
  for (guint i = 0; i < again->len; i++)
    g_assert_cmpuint (g_array_index (again, UlakPreKey, i).id, ==, i + 1);
  g_assert_true (ulak_pre_keys_count (alice.database, &n, NULL));
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (ulak_pre_keys_mark_uploaded (alice.database, (UlakPreKey *) again->data, again->len, NULL));
  g_assert_true (ulak_pre_keys_count (alice.database, &n, NULL));
  g_assert_cmpuint (n, ==, 12);
  g_assert_true (ulak_pre_keys_make_one (alice.session, alice.database, alice.now_us, &by_hand, NULL));
  g_assert_cmpuint (by_hand.id, ==, 13);
  next = prepare (&alice, 1);
  g_assert_cmpuint (g_array_index (next, UlakPreKey, 0).id, ==, 14);
}

static void
test_pre_key_ids (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (GArray) keys = NULL;

  side_set_up (&alice, ALICE);
  side_run (&alice, "UPDATE credentials SET next_pre_key_id = 16777213");
  keys = prepare (&alice, 4);
  g_assert_cmpuint (g_array_index (keys, UlakPreKey, 0).id, ==, 0xFFFFFD);
  g_assert_cmpuint (g_array_index (keys, UlakPreKey, 1).id, ==, 0xFFFFFE);
  g_assert_cmpuint (g_array_index (keys, UlakPreKey, 2).id, ==, 1);
  g_assert_cmpuint (g_array_index (keys, UlakPreKey, 3).id, ==, 2);
}

static void
clean_up (Side *self, gint64 now_us)
{
  guint n = 1;

  while (n > 0)
    g_assert_true (ulak_session_clean_up (self->database, now_us, 3, &n, NULL));
}

static void
test_grace (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_autoptr (GArray) unused = NULL;
  UlakPreKey by_hand;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  unused = prepare (&bob, 5);
  g_assert_true (ulak_pre_keys_make_one (bob.session, bob.database, bob.now_us, &by_hand, NULL));
  side_tell (&alice, &bob, "first");
  g_assert_cmpint (side_count (&bob, "pre_keys"), ==, 7);
  clean_up (&bob, START_US + ULAK_PRE_KEYS_GRACE_US);
  g_assert_cmpint (side_count (&bob, "pre_keys"), ==, 7);
  clean_up (&bob, START_US + ULAK_PRE_KEYS_GRACE_US + 1);
  g_assert_cmpint (side_count (&bob, "pre_keys"), ==, 6);
  clean_up (&bob, START_US + 31 * G_TIME_SPAN_DAY);
  g_assert_cmpint (side_count (&bob, "pre_keys"), ==, 5);
}

/* Whoever sends what cannot be read makes us give out a key each time. */
static void
test_retry_keys (void)
{
  g_auto (Side) alice = { 0 };

  side_set_up (&alice, ALICE);
  side_run (&alice, "INSERT INTO pre_keys (id, record, public_key, state, created_us)"
                    " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20005)"
                    " SELECT i, x'00', x'00', 2, 1000000000000000 + i FROM n");
  clean_up (&alice, 1000000000000000);
  g_assert_cmpint (side_count (&alice, "pre_keys"), ==, 20000);
  g_assert_cmpint (side_count (&alice, "pre_keys WHERE id <= 5"), ==, 0);
}

static void
test_rotation (void)
{
  g_auto (Side) alice = { 0 };
  UlakSignedPreKey first, key, again, current;
  gboolean is_due;

  side_set_up (&alice, ALICE);
  g_assert_true (ulak_signed_pre_keys_get_current (alice.database, &first, NULL));
  g_assert_true (ulak_signed_pre_keys_prepare_rotation (
      alice.session, alice.database, START_US + ULAK_SIGNED_PRE_KEY_AGE_US - 1, &key, &is_due, NULL));
  g_assert_false (is_due);
  for (guint i = 1; i <= 8; i++)
    {
      gint64 now_us = START_US + i * ULAK_SIGNED_PRE_KEY_AGE_US;

      g_assert_true (
          ulak_signed_pre_keys_prepare_rotation (alice.session, alice.database, now_us, &key, &is_due, NULL));
      g_assert_true (is_due);
      g_assert_cmpuint (key.id, ==, i + 1);
      g_assert_true (
          ulak_signed_pre_keys_prepare_rotation (alice.session, alice.database, now_us, &again, &is_due, NULL));
      g_assert_true (is_due);
      g_assert_cmpmem (&key, sizeof key, &again, sizeof again);
      g_assert_true (ulak_signed_pre_keys_get_current (alice.database, &current, NULL));
      g_assert_cmpuint (current.id, ==, i);
      g_assert_true (ulak_signed_pre_keys_mark_uploaded (alice.database, key.id, NULL));
      g_assert_true (ulak_signed_pre_keys_get_current (alice.database, &current, NULL));
      g_assert_cmpuint (current.id, ==, key.id);
      clean_up (&alice, now_us);
    }
  g_assert_cmpint (side_count (&alice, "signed_pre_keys"), ==, 5);
}

static void
test_copy (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakDistribution) distribution = { 0 };
  g_autoptr (GArray) keys = NULL;
  g_autoptr (GArray) fresh = NULL;
  UlakPeerDevice to_bob;
  gboolean was_copy;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  side_tell (&alice, &bob, "before");
  keys = prepare (&alice, 3);
  g_assert_true (ulak_group_get_distribution (alice.session, alice.database, GROUP, alice.now_us, &distribution, NULL));
  g_assert_true (ulak_generation_settle (alice.database, &was_copy, NULL));
  g_assert_false (was_copy);
  g_assert_cmpint (side_count (&alice, "sessions"), ==, 1);

  g_assert_true (ulak_generation_mark_copy (alice.database, NULL));
  g_assert_true (ulak_generation_settle (alice.database, &was_copy, NULL));
  g_assert_true (was_copy);
  g_assert_cmpint (side_count (&alice, "sessions"), ==, 0);
  g_assert_cmpint (side_count (&alice, "sender_keys"), ==, 0);
  g_assert_cmpint (side_count (&alice, "pre_keys"), ==, 0);
  g_assert_cmpint (side_count (&alice, "signed_pre_keys"), ==, 1);
  fresh = prepare (&alice, 1);
  g_assert_cmpuint (g_array_index (fresh, UlakPreKey, 0).id, >, 3 + 1000);
  g_assert_true (ulak_generation_settle (alice.database, &was_copy, NULL));
  g_assert_false (was_copy);

  to_bob = side_know (&alice, &bob);
  {
    g_auto (UlakCiphertext) none = side_encrypt (&alice, &to_bob, "after");

    g_assert_null (none.bytes);
  }
  side_meet (&alice, &bob);
  side_tell (&alice, &bob, "after");
  side_tell (&bob, &alice, "and back");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/credentials/new ones are whole and made once", test_create);
  g_test_add_func ("/session/credentials/without a pairing there is nobody yet", test_unlinked);
  g_test_add_func ("/session/credentials/a pairing tells who we are in both forms", test_pairing);
  g_test_add_func ("/session/credentials/pieces are saved one by one", test_pieces);
  g_test_add_func ("/session/credentials/another seal key is damage with a clear error", test_other_seal);
  g_test_add_func ("/session/credentials/no private key lies in clear", test_nothing_in_clear);
  g_test_add_func ("/session/credentials/logging out leaves nothing", test_wipe);
  g_test_add_func ("/session/pre-keys/an upload that was not confirmed is repeated with the same keys", test_pre_keys);
  g_test_add_func ("/session/pre-keys/ids begin again before the last one", test_pre_key_ids);
  g_test_add_func ("/session/pre-keys/used ones stay for a grace time and unused ones for good", test_grace);
  g_test_add_func ("/session/credentials/keys in retry receipts do not grow without bound", test_retry_keys);
  g_test_add_func ("/session/pre-keys/the signed one changes every twenty-seven days", test_rotation);
  g_test_add_func ("/session/generation/a restored copy uses no ratchet again", test_copy);
  return g_test_run ();
}
