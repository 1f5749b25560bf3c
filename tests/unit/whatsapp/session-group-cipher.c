/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A group of three: keys are given out, used, forged, lost and changed.
 */
#include "unit/whatsapp/session-fixture.h"

#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/sent.h"

#include "core/error.h"

#define ALICE "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1
#define BOB "15550000002:4@s.whatsapp.net", "100000000000002:4@lid", 2
#define CAROL "15550000003:5@s.whatsapp.net", "100000000000003:5@lid", 3

static UlakDistribution
distribute (Side *self)
{
  g_autoptr (GError) error = NULL;
  UlakDistribution distribution;

  ulak_group_get_distribution (self->session, self->database, GROUP, self->now_us, &distribution, &error);
  g_assert_no_error (error);
  return distribution;
}

static UlakDistributionOutcome
process (Side *self, const UlakPeerDevice *author, GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  UlakDistributionOutcome outcome;

  ulak_group_process_distribution (self->session, self->database, GROUP, author, ulak_span_of (bytes), self->now_us,
                                   &outcome, &error);
  g_assert_no_error (error);
  return outcome;
}

static GBytes *
encrypt (Side *self, const char *text)
{
  g_autoptr (GError) error = NULL;
  GBytes *skmsg = NULL;

  ulak_group_encrypt (self->session, self->database, GROUP, ULAK_SPAN_TEXT (text), self->now_us, &skmsg, &error);
  g_assert_no_error (error);
  return skmsg;
}

static UlakDecryption
decrypt (Side *self, const UlakPeerDevice *author, GBytes *skmsg)
{
  g_autoptr (GError) error = NULL;
  UlakDecryption decryption;

  ulak_group_decrypt (self->session, self->database, GROUP, author, ulak_span_of (skmsg), self->now_us, &decryption,
                      &error);
  g_assert_no_error (error);
  return decryption;
}

static UlakDecryptOutcome
try (Side *self, const UlakPeerDevice *author, GBytes *skmsg)
{
  g_auto (UlakDecryption) decryption = decrypt (self, author, skmsg);

  return decryption.outcome;
}

static void
give_key (Side *from, Side *to)
{
  UlakPeerDevice author = side_know (to, from);
  g_auto (UlakDistribution) distribution = distribute (from);

  g_assert_cmpint (process (to, &author, distribution.bytes), ==, ULAK_DISTRIBUTION_OK);
}

static void
test_talk (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  UlakPeerDevice author;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  author = side_know (&bob, &alice);
  give_key (&alice, &bob);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *text = g_strdup_printf ("to all %u", i);
      g_autoptr (GBytes) skmsg = encrypt (&alice, text);
      g_auto (UlakDecryption) decryption = decrypt (&bob, &author, skmsg);

      assert_reads (&decryption, text);
      g_assert_cmpint (try (&bob, &author, skmsg), ==, ULAK_DECRYPT_DUPLICATE);
    }
}

static void
test_refused (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (Side) carol = { 0 };
  g_autoptr (GBytes) skmsg = NULL;
  g_autoptr (GBytes) carols = NULL;
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_auto (UlakDistribution) carols_key = { 0 };
  UlakPeerDevice author;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_set_up (&carol, CAROL);
  author = side_know (&bob, &alice);
  carols_key = distribute (&carol);
  carols = encrypt (&carol, "in the name of Alice");
  give_key (&alice, &bob);
  skmsg = encrypt (&alice, "genuine");

  g_assert_cmpint (try (&bob, &author, carols), ==, ULAK_DECRYPT_NO_SESSION);
  g_assert_cmpint (try (&bob, &author, nothing), ==, ULAK_DECRYPT_GARBAGE);
  for (gsize i = 0; i < g_bytes_get_size (skmsg); i++)
    {
      g_autoptr (GBytes) bad = flip_byte (skmsg, i);

      g_assert_true (ulak_decrypt_outcome_wants_retry (try (&bob, &author, bad)));
    }
  for (gsize i = 1; i < g_bytes_get_size (skmsg); i++)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (skmsg, 0, i);

      g_assert_true (ulak_decrypt_outcome_wants_retry (try (&bob, &author, cut)));
    }
  g_assert_cmpint (try (&bob, &author, skmsg), ==, ULAK_DECRYPT_OK);
}

/* A distribution message with fields of the test's choosing. */
static GBytes *
make_distribution (guint32 id, UlakSpan chain_key, UlakSpan signing_key)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 head[] = { 0x33, 0x08, 0, 0x10, 0x00, 0x1a }, length;

  head[2] = (guint8) (id & 0x7f);
  g_byte_array_append (bytes, head, sizeof head);
  length = (guint8) chain_key.size_bytes;
  g_byte_array_append (bytes, &length, 1);
  g_byte_array_append (bytes, chain_key.bytes, (guint) chain_key.size_bytes);
  length = 0x22;
  g_byte_array_append (bytes, &length, 1);
  length = (guint8) signing_key.size_bytes;
  g_byte_array_append (bytes, &length, 1);
  g_byte_array_append (bytes, signing_key.bytes, (guint) signing_key.size_bytes);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

static void
test_forged_distribution (void)
{
  static const guint8 chain_key[64] = { 1 };
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  guint8 first[33], second[33], none[33] = { 6 };
  g_autoptr (GBytes) good = NULL;
  g_autoptr (GBytes) other = NULL;
  g_autoptr (GBytes) no_point = NULL;
  g_autoptr (GBytes) short_chain = NULL;
  g_autoptr (GBytes) long_chain = NULL;
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  UlakPeerDevice author, self = { 0 };

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  author = side_know (&bob, &alice);
  self = side_know (&bob, &bob);
  ulak_curve_prefix (alice.phone.public_key, first);
  ulak_curve_prefix (bob.phone.public_key, second);
  good = make_distribution (9, ULAK_SPAN (chain_key, 32), ULAK_SPAN_ARRAY (first));
  other = make_distribution (9, ULAK_SPAN (chain_key, 32), ULAK_SPAN_ARRAY (second));
  no_point = make_distribution (10, ULAK_SPAN (chain_key, 32), ULAK_SPAN_ARRAY (none));
  short_chain = make_distribution (11, ULAK_SPAN (chain_key, 31), ULAK_SPAN_ARRAY (first));
  long_chain = make_distribution (12, ULAK_SPAN (chain_key, 64), ULAK_SPAN_ARRAY (first));

  g_assert_cmpint (process (&bob, &self, good), ==, ULAK_DISTRIBUTION_FORGED);
  g_assert_cmpint (process (&bob, &author, empty), ==, ULAK_DISTRIBUTION_GARBAGE);
  g_assert_cmpint (process (&bob, &author, no_point), ==, ULAK_DISTRIBUTION_GARBAGE);
  g_assert_cmpint (process (&bob, &author, short_chain), ==, ULAK_DISTRIBUTION_GARBAGE);
  g_assert_cmpint (process (&bob, &author, long_chain), ==, ULAK_DISTRIBUTION_GARBAGE);
  g_assert_cmpint (side_count (&bob, "sender_keys"), ==, 0);
  g_assert_cmpint (process (&bob, &author, good), ==, ULAK_DISTRIBUTION_OK);
  g_assert_cmpint (process (&bob, &author, other), ==, ULAK_DISTRIBUTION_FORGED);
  g_assert_cmpint (process (&bob, &author, good), ==, ULAK_DISTRIBUTION_KNOWN);
}

/* The same key once more must not open again what was read with it. */
static void
test_repeated_distribution (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakDistribution) early = { 0 };
  g_auto (UlakDistribution) far = { 0 };
  g_autoptr (GBytes) skmsg = NULL;
  g_autoptr (GBytes) last = NULL;
  UlakPeerDevice author;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  author = side_know (&bob, &alice);
  early = distribute (&alice);
  g_assert_cmpint (process (&bob, &author, early.bytes), ==, ULAK_DISTRIBUTION_OK);
  skmsg = encrypt (&alice, "once");
  g_assert_cmpint (try (&bob, &author, skmsg), ==, ULAK_DECRYPT_OK);
  g_assert_cmpint (process (&bob, &author, early.bytes), ==, ULAK_DISTRIBUTION_KNOWN);
  g_assert_cmpint (try (&bob, &author, skmsg), ==, ULAK_DECRYPT_DUPLICATE);

  for (guint i = 0; i < 2100; i++)
    g_bytes_unref (encrypt (&alice, "lost"));
  last = encrypt (&alice, "too far");
  g_assert_cmpint (try (&bob, &author, last), ==, ULAK_DECRYPT_BAD_MESSAGE);
  far = distribute (&alice);
  g_assert_cmpint (process (&bob, &author, far.bytes), ==, ULAK_DISTRIBUTION_OK);
  g_bytes_unref (g_steal_pointer (&last));
  last = encrypt (&alice, "in reach again");
  g_assert_cmpint (try (&bob, &author, last), ==, ULAK_DECRYPT_OK);
}

static void
test_own_messages (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_autoptr (GBytes) echo = NULL;
  g_autoptr (GBytes) next = NULL;
  UlakPeerDevice self, author;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  self = side_know (&alice, &alice);
  author = side_know (&bob, &alice);
  give_key (&alice, &bob);
  echo = encrypt (&alice, "hello");
  g_assert_cmpint (try (&alice, &self, echo), ==, ULAK_DECRYPT_DUPLICATE);
  next = encrypt (&alice, "and on");
  g_assert_cmpint (try (&bob, &author, next), ==, ULAK_DECRYPT_OK);
}

static guint
count_missing (Side *self, const UlakPeerDevice *devices, gsize n)
{
  g_autoptr (GArray) missing = NULL;

  g_assert_true (ulak_group_list_missing (self->database, GROUP, devices, n, &missing, NULL));
  return missing->len;
}

static void
test_memory (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (Side) carol = { 0 };
  g_auto (UlakDistribution) old = { 0 };
  g_auto (UlakDistribution) new = { 0 };
  UlakPeerDevice devices[2];

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_set_up (&carol, CAROL);
  devices[0] = side_know (&alice, &bob);
  devices[1] = side_know (&alice, &carol);
  old = distribute (&alice);
  g_assert_cmpuint (count_missing (&alice, devices, 2), ==, 2);
  g_assert_true (ulak_group_mark_holders (alice.database, GROUP, old.key_id, devices, 2, alice.now_us, NULL));
  g_assert_cmpuint (count_missing (&alice, devices, 2), ==, 0);
  g_assert_true (ulak_group_forget_holder (alice.database, GROUP, &devices[0], NULL));
  g_assert_cmpuint (count_missing (&alice, devices, 2), ==, 1);
  g_assert_true (ulak_group_mark_holders (alice.database, GROUP, old.key_id, devices, 2, alice.now_us, NULL));
  g_assert_true (ulak_group_forget_holder (alice.database, NULL, &devices[1], NULL));
  g_assert_cmpuint (count_missing (&alice, devices, 2), ==, 1);

  g_assert_true (ulak_group_rotate (alice.database, GROUP, NULL));
  g_assert_cmpuint (count_missing (&alice, devices, 2), ==, 2);
  new = distribute (&alice);
  g_assert_cmpuint (new.key_id, !=, old.key_id);
  g_assert_true (ulak_group_mark_holders (alice.database, GROUP, old.key_id, devices, 2, alice.now_us, NULL));
  g_assert_cmpuint (count_missing (&alice, devices, 2), ==, 2);
}

static void
test_rotation_needs_key (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) skmsg = NULL;

  side_set_up (&alice, ALICE);
  g_assert_false (
      ulak_group_encrypt (alice.session, alice.database, GROUP, ULAK_SPAN_TEXT ("x"), alice.now_us, &skmsg, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
}

static void
test_drop_device (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (Side) carol = { 0 };
  g_auto (UlakDistribution) key = { 0 };
  UlakPeerDevice devices[2];

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_set_up (&carol, CAROL);
  devices[0] = side_know (&alice, &bob);
  devices[1] = side_know (&alice, &carol);
  give_key (&bob, &alice);
  key = distribute (&alice);
  g_assert_true (ulak_group_mark_holders (alice.database, GROUP, key.key_id, devices, 1, alice.now_us, NULL));
  g_assert_true (ulak_group_drop_device (alice.database, &devices[1], NULL));
  g_assert_cmpint (side_count (&alice, "sender_keys"), ==, 2);
  g_assert_true (ulak_group_drop_device (alice.database, &devices[0], NULL));
  g_assert_cmpint (side_count (&alice, "sender_keys"), ==, 0);
  g_assert_cmpint (side_count (&alice, "sender_key_memory"), ==, 0);
}

static UlakGroup *
make_group (gint64 now_us, const gint64 *peers, guint n_peers)
{
  UlakGroup *group = g_new0 (UlakGroup, 1);

  group->document = g_strdup ("{\"subject\":\"x\"}");
  group->uses_lid = TRUE;
  group->fetched_us = now_us;
  group->members = g_array_new (FALSE, FALSE, sizeof (UlakGroupMember));
  for (guint i = 0; i < n_peers; i++)
    {
      UlakGroupMember member = { peers[i], i == 0 ? ULAK_GROUP_RANK_SUPERADMIN : ULAK_GROUP_RANK_MEMBER, 0 };

      g_array_append_val (group->members, member);
    }
  return group;
}

static void
test_members (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (Side) carol = { 0 };
  g_auto (UlakDistribution) key = { 0 };
  g_autoptr (UlakGroup) whole = NULL;
  g_autoptr (UlakGroup) without_carol = NULL;
  g_autoptr (UlakGroup) read = NULL;
  g_autoptr (UlakGroup) stale = NULL;
  g_auto (GStrv) groups = NULL;
  UlakPeerDevice devices[3];
  UlakGroupMember member;
  gint64 peers[3];
  gboolean has_rotated, is_member;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_set_up (&carol, CAROL);
  devices[0] = side_know (&alice, &alice);
  devices[1] = side_know (&alice, &bob);
  devices[2] = side_know (&alice, &carol);
  for (guint i = 0; i < 3; i++)
    peers[i] = devices[i].peer;
  whole = make_group (alice.now_us, peers, 3);
  without_carol = make_group (alice.now_us, peers, 2);

  g_assert_true (ulak_group_cache_put (alice.database, GROUP, whole, &has_rotated, NULL));
  g_assert_false (has_rotated);
  key = distribute (&alice);
  g_assert_true (ulak_group_mark_holders (alice.database, GROUP, key.key_id, devices + 1, 2, alice.now_us, NULL));
  g_assert_true (ulak_group_cache_put (alice.database, GROUP, whole, &has_rotated, NULL));
  g_assert_false (has_rotated);
  g_assert_true (ulak_group_cache_get (alice.database, GROUP, &read, NULL));
  g_assert_cmpstr (read->document, ==, whole->document);
  g_assert_cmpuint (read->members->len, ==, 3);
  g_assert_true (ulak_group_cache_is_member (alice.database, GROUP, peers[0], &member, &is_member, NULL));
  g_assert_true (is_member && member.rank == ULAK_GROUP_RANK_SUPERADMIN);

  g_assert_true (ulak_group_cache_put (alice.database, GROUP, without_carol, &has_rotated, NULL));
  g_assert_true (has_rotated);
  g_assert_cmpint (side_count (&alice, "sender_keys"), ==, 0);

  ulak_distribution_clear (&key);
  key = distribute (&alice);
  g_assert_true (ulak_group_mark_holders (alice.database, GROUP, key.key_id, devices + 1, 1, alice.now_us, NULL));
  g_assert_true (ulak_group_cache_remove_member (alice.database, GROUP, peers[2], NULL));
  g_assert_cmpint (side_count (&alice, "sender_keys"), ==, 1);
  g_assert_true (ulak_group_cache_remove_member (alice.database, GROUP, peers[1], NULL));
  g_assert_cmpint (side_count (&alice, "sender_keys"), ==, 0);
  g_assert_true (
      ulak_group_cache_add_member (alice.database, GROUP, &(UlakGroupMember){ peers[1], ULAK_GROUP_RANK_ADMIN, 0 }, NULL));
  g_assert_true (ulak_group_cache_is_member (alice.database, GROUP, peers[1], &member, &is_member, NULL));
  g_assert_true (is_member && member.rank == ULAK_GROUP_RANK_ADMIN);

  g_assert_true (ulak_group_cache_make_stale (alice.database, GROUP, NULL));
  g_assert_true (ulak_group_cache_get (alice.database, GROUP, &stale, NULL));
  g_assert_null (stale);
  g_assert_true (ulak_group_cache_list (alice.database, "", 10, &groups, NULL));
  g_assert_cmpuint (g_strv_length (groups), ==, 1);
  g_assert_true (ulak_group_cache_drop (alice.database, GROUP, NULL));
  g_assert_cmpint (side_count (&alice, "group_members"), ==, 0);
}

static gint64
since (Side *side, gint64 peer)
{
  UlakGroupMember member;
  gboolean is_member;

  g_assert_true (ulak_group_cache_is_member (side->database, GROUP, peer, &member, &is_member, NULL));
  g_assert_true (is_member);
  g_assert_cmpint (member.peer, ==, peer);
  return member.since_us;
}

static void
put_group (Side *side, gint64 now_us, const gint64 *peers, guint n_peers)
{
  g_autoptr (UlakGroup) group = make_group (now_us, peers, n_peers);

  g_assert_true (ulak_group_cache_put (side->database, GROUP, group, NULL, NULL));
}

/* Whoever is in the first list was always there; others count from what is said of them, or from the list before. */
static void
test_since (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (UlakGroup) read = NULL;
  const gint64 first_us = START_US, second_us = first_us + G_TIME_SPAN_DAY, joined_us = first_us + G_TIME_SPAN_HOUR;
  UlakJid chat = jid_of (GROUP);
  gint64 peers[3];

  side_set_up (&alice, ALICE);
  side_run (&alice, "INSERT INTO peers (id, lid, seen_us) VALUES (101, '101', 0), (102, '102', 0), (103, '103', 0)");
  for (guint i = 0; i < 3; i++)
    peers[i] = 101 + i;
  put_group (&alice, first_us, peers, 1);
  g_assert_cmpint (since (&alice, peers[0]), ==, 0);

  g_assert_true (ulak_group_cache_add_member (alice.database, GROUP, &(UlakGroupMember){ peers[1], ULAK_GROUP_RANK_MEMBER, joined_us }, NULL));
  g_assert_true (ulak_group_cache_add_member (alice.database, GROUP, &(UlakGroupMember){ peers[1], ULAK_GROUP_RANK_ADMIN, 0 }, NULL));
  g_assert_cmpint (since (&alice, peers[1]), ==, joined_us); /* a promotion is no joining */
  g_assert_true (ulak_group_cache_make_stale (alice.database, GROUP, NULL));
  put_group (&alice, second_us, peers, 3);
  g_assert_cmpint (since (&alice, peers[0]), ==, 0);
  g_assert_cmpint (since (&alice, peers[1]), ==, joined_us);
  g_assert_cmpint (since (&alice, peers[2]), ==, first_us); /* nobody said when */
  g_assert_true (ulak_group_cache_get (alice.database, GROUP, &read, NULL));
  g_assert_cmpint (g_array_index (read->members, UlakGroupMember, 1).since_us, ==, joined_us);
  g_assert_cmpint (g_array_index (read->members, UlakGroupMember, 1).rank, ==, ULAK_GROUP_RANK_MEMBER);
  g_assert_true (ulak_group_cache_add_member (alice.database, GROUP, &(UlakGroupMember){ peers[2], ULAK_GROUP_RANK_MEMBER, joined_us }, NULL));
  g_assert_cmpint (since (&alice, peers[2]), ==, joined_us); /* now somebody did */

  put_group (&alice, second_us, peers, 2);
  put_group (&alice, second_us + 1, peers, 3);
  g_assert_cmpint (since (&alice, peers[2]), ==, second_us); /* who left and came again was away */

  g_assert_true (ulak_sent_keep (alice.database, &chat, "M", ULAK_SPAN_TEXT ("x"), NULL, joined_us, NULL));
  g_assert_true (ulak_group_cache_drop (alice.database, GROUP, NULL));
  put_group (&alice, second_us, peers, 3);
  g_assert_cmpint (since (&alice, peers[0]), ==, joined_us + 1); /* we were away, and know nobody from before */
}

static void
test_group_limits (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (UlakGroup) group = NULL;
  g_autoptr (GError) error = NULL;

  side_set_up (&alice, ALICE);
  group = make_group (alice.now_us, NULL, 0);
  g_array_set_size (group->members, ULAK_GROUP_CACHE_MAX_MEMBERS + 1);
  g_assert_false (ulak_group_cache_put (alice.database, GROUP, group, NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/group-cipher/members are known since when they joined", test_since);
  g_test_add_func ("/session/group-cipher/whoever has the key reads, and each message once", test_talk);
  g_test_add_func ("/session/group-cipher/damaged and foreign messages are refused", test_refused);
  g_test_add_func ("/session/group-cipher/forged distribution messages change nothing", test_forged_distribution);
  g_test_add_func ("/session/group-cipher/a repeated key opens nothing twice", test_repeated_distribution);
  g_test_add_func ("/session/group-cipher/a message of ours that comes back leaves our key alone", test_own_messages);
  g_test_add_func ("/session/group-cipher/holders of the key are remembered until it changes", test_memory);
  g_test_add_func ("/session/group-cipher/without a key of our own nothing is encrypted", test_rotation_needs_key);
  g_test_add_func ("/session/group-cipher/a device that vanishes takes the keys that it holds along", test_drop_device);
  g_test_add_func ("/session/group-cipher/a member that leaves is the reason for a new key", test_members);
  g_test_add_func ("/session/group-cipher/a group over the limits is refused", test_group_limits);
  return g_test_run ();
}
