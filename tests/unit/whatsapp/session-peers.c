/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One person with two names: who is found, what a mapping joins, and which ratchet goes on.
 */
#include "unit/whatsapp/session-fixture.h"

#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/privacy-tokens.h"

#define ALICE "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1
#define BOB "15550000002:4@s.whatsapp.net", "100000000000002:4@lid", 2

static UlakPeer
resolve (Side *self, const char *text)
{
  UlakJid jid = jid_of (text);
  UlakPeer peer;

  g_assert_true (ulak_peers_resolve (self->database, &jid, self->now_us, &peer, NULL));
  g_assert_cmpint (peer.id, >, 0);
  return peer;
}

static UlakPeer
learn (Side *self, const char *phone, const char *lid, gboolean expects_news)
{
  UlakJid phone_jid = jid_of (phone), lid_jid = jid_of (lid);
  g_autoptr (GError) error = NULL;
  gboolean is_news;
  UlakPeer peer;

  ulak_peers_learn (self->database, &phone_jid, &lid_jid, self->now_us, &peer, &is_news, &error);
  g_assert_no_error (error);
  g_assert_true (is_news == expects_news);
  return peer;
}

static void
test_find (void)
{
  g_auto (Side) alice = { 0 };
  UlakJid unknown = jid_of ("19999@lid");
  UlakPeer a, b;

  side_set_up (&alice, ALICE);
  a = resolve (&alice, "15550000007:12@s.whatsapp.net");
  b = resolve (&alice, "15550000007@c.us");
  g_assert_cmpint (a.id, ==, b.id);
  b = resolve (&alice, "15550000007:99@hosted");
  g_assert_cmpint (a.id, ==, b.id);
  b = resolve (&alice, "15550000007@lid");
  g_assert_cmpint (a.id, !=, b.id);
  a = resolve (&alice, "15550000007:99@hosted.lid");
  g_assert_cmpint (a.id, ==, b.id);
  a = resolve (&alice, "4567@bot");
  b = resolve (&alice, "4567@bot");
  g_assert_cmpint (a.id, ==, b.id);
  g_assert_cmpstr (a.phone, ==, "");
  g_assert_true (ulak_peers_find (alice.database, &unknown, &a, NULL));
  g_assert_cmpint (a.id, ==, 0);
}

static void
test_learn (void)
{
  g_auto (Side) alice = { 0 };
  UlakPeer phone, lid, both, other;
  UlakJid jid;

  side_set_up (&alice, ALICE);
  /* Neither, one, the other. */
  both = learn (&alice, "1001@s.whatsapp.net", "2001@lid", TRUE);
  g_assert_cmpint (learn (&alice, "1001@s.whatsapp.net", "2001@lid", FALSE).id, ==, both.id);
  phone = resolve (&alice, "1002@s.whatsapp.net");
  g_assert_cmpint (learn (&alice, "1002@s.whatsapp.net", "2002@lid", TRUE).id, ==, phone.id);
  lid = resolve (&alice, "2003@lid");
  g_assert_cmpint (learn (&alice, "1003@s.whatsapp.net", "2003@lid", TRUE).id, ==, lid.id);
  /* Two of them: the LID's stays. */
  phone = resolve (&alice, "1004@s.whatsapp.net");
  lid = resolve (&alice, "2004@lid");
  both = learn (&alice, "1004:3@s.whatsapp.net", "2004:3@lid", TRUE);
  g_assert_cmpint (both.id, ==, lid.id);
  g_assert_cmpint (resolve (&alice, "1004@s.whatsapp.net").id, ==, lid.id);
  g_assert_true (ulak_peers_get (alice.database, phone.id, &other, NULL));
  g_assert_cmpint (other.id, ==, 0);
  /* A number that changed hands, and a person that changed numbers: the last one told wins. */
  both = learn (&alice, "1001@s.whatsapp.net", "2005@lid", TRUE);
  g_assert_cmpstr (resolve (&alice, "2001@lid").phone, ==, "");
  g_assert_cmpstr (resolve (&alice, "1001@s.whatsapp.net").lid, ==, "2005");
  both = learn (&alice, "1006@s.whatsapp.net", "2005@lid", TRUE);
  g_assert_cmpstr (both.phone, ==, "1006");
  both = learn (&alice, "1002@s.whatsapp.net", "2003@lid", TRUE);
  g_assert_cmpstr (both.phone, ==, "1002");
  g_assert_cmpstr (resolve (&alice, "2002@lid").phone, ==, "");
  /* Not of these forms. */
  g_assert_cmpint (learn (&alice, "2009@lid", "1009@s.whatsapp.net", FALSE).id, ==, 0);

  g_assert_true (ulak_peer_get_lid_jid (&both, 7, &jid));
  {
    g_autofree char *text = ulak_jid_print (&jid);

    g_assert_cmpstr (text, ==, "2003:7@lid");
    g_assert_cmpint (resolve (&alice, text).id, ==, both.id);
  }
  g_assert_true (ulak_peer_get_phone_jid (&both, 0, &jid));
  phone = resolve (&alice, "1010@s.whatsapp.net");
  g_assert_false (ulak_peer_get_lid_jid (&phone, 0, &jid));
}

/* A peer that is always met with both names is still around, and not cleaned up. */
static void
test_seen (void)
{
  g_auto (Side) alice = { 0 };
  g_autofree char *where = NULL;

  side_set_up (&alice, ALICE);
  learn (&alice, "15550000007@s.whatsapp.net", "777@lid", TRUE);
  alice.now_us += 700 * G_TIME_SPAN_DAY;
  learn (&alice, "15550000007@s.whatsapp.net", "777@lid", FALSE);
  where = g_strdup_printf ("peers WHERE lid = '777' AND seen_us = %" G_GINT64_FORMAT, alice.now_us);
  g_assert_cmpint (side_count (&alice, where), ==, 1);
}

static void
test_forget (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (GArray) mapped = NULL;
  UlakJid phone = jid_of ("1001@s.whatsapp.net");
  UlakPeer both;

  side_set_up (&alice, ALICE);
  both = learn (&alice, "1001@s.whatsapp.net", "2001@lid", TRUE);
  g_assert_true (ulak_peers_list_mapped (alice.database, 0, 10, &mapped, NULL));
  g_assert_cmpuint (mapped->len, ==, 2);
  g_assert_true (ulak_peers_forget_mapping (alice.database, &phone, NULL));
  g_assert_cmpint (resolve (&alice, "2001@lid").id, ==, both.id);
  g_assert_cmpint (resolve (&alice, "1001@s.whatsapp.net").id, !=, both.id);
  g_assert_cmpint (learn (&alice, "1001@s.whatsapp.net", "2001@lid", TRUE).id, ==, both.id);
  g_assert_true (
      ulak_peers_forget_mapping (alice.database, &(UlakJid){ .server = ULAK_JID_SERVER_LID, .user = "nobody" }, NULL));
}

/* Nobody's mapping makes us somebody else, or somebody else us. */
static void
test_own (void)
{
  g_auto (Side) alice = { 0 };
  UlakPeer own, mallory, peer;
  UlakJid lid = jid_of ("2007:3@lid"), phone = jid_of ("15550000001@s.whatsapp.net");
  guint8 identity[ULAK_CURVE_PUBLIC_BYTES];
  gboolean has_identity = FALSE;

  side_set_up (&alice, ALICE);
  g_assert_true (ulak_peers_get_own (alice.database, &own, NULL));
  mallory = learn (&alice, "1007@s.whatsapp.net", "2007@lid", TRUE);
  g_assert_cmpint (learn (&alice, "15550000001@s.whatsapp.net", "2007@lid", FALSE).id, ==, 0);
  g_assert_cmpint (learn (&alice, "1007@s.whatsapp.net", "100000000000001@lid", FALSE).id, ==, 0);
  g_assert_cmpint (learn (&alice, "1008@s.whatsapp.net", "100000000000001@lid", FALSE).id, ==, 0);
  g_assert_true (ulak_peers_forget_mapping (alice.database, &phone, NULL));
  g_assert_cmpint (resolve (&alice, "15550000001@s.whatsapp.net").id, ==, own.id);
  g_assert_cmpint (resolve (&alice, "100000000000001@lid").id, ==, own.id);
  g_assert_cmpint (resolve (&alice, "2007@lid").id, ==, mallory.id);

  /* The server may say that our LID is another one; whose it was does not become us. */
  g_assert_true (ulak_credentials_save_lid (alice.database, &lid, alice.now_us, NULL));
  g_assert_true (ulak_peers_get_own (alice.database, &peer, NULL));
  g_assert_cmpint (peer.id, ==, own.id);
  g_assert_cmpstr (peer.lid, ==, "2007");
  g_assert_cmpstr (peer.phone, ==, "15550000001");
  g_assert_cmpstr (resolve (&alice, "1007@s.whatsapp.net").lid, ==, "");
  g_assert_true (
      ulak_device_get_identity (alice.database, &(UlakPeerDevice){ own.id, 0 }, identity, &has_identity, NULL));
  g_assert_true (has_identity);
  g_assert_cmpmem (identity, sizeof identity, alice.phone.public_key, sizeof alice.phone.public_key);
}

static void
learn_sides (Side *self, const Side *other)
{
  UlakPeer peer;

  g_assert_true (ulak_peers_learn (self->database, &other->jid, &other->lid, self->now_us, &peer, NULL, NULL));
}

/* Bob wrote under his number; then his LID is learned, and the ratchet goes on under either name. */
static void
test_move (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakCiphertext) first = { 0 };
  g_auto (UlakCiphertext) second = { 0 };
  UlakPeerDevice to_alice, by_phone, by_lid;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&bob, &alice);
  to_alice = side_know (&bob, &alice);
  by_phone = side_know_phone (&alice, &bob);
  first = side_encrypt (&bob, &to_alice, "by number");
  second = side_encrypt (&bob, &to_alice, "by LID");
  g_assert_cmpint (side_try (&alice, &by_phone, &first), ==, ULAK_DECRYPT_OK);
  learn_sides (&alice, &bob);
  by_lid = side_know (&alice, &bob);
  g_assert_cmpint (side_try (&alice, &by_lid, &second), ==, ULAK_DECRYPT_OK);
  g_assert_cmpint (side_try (&alice, &by_lid, &first), ==, ULAK_DECRYPT_DUPLICATE);
}

/* Both names had a session: the LID's is first, the other one is tried and takes over when it fits. */
static void
test_shadow (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_auto (UlakCiphertext) old_first = { 0 };
  g_auto (UlakCiphertext) old_second = { 0 };
  g_auto (UlakCiphertext) old_third = { 0 };
  g_auto (UlakCiphertext) new_first = { 0 };
  g_auto (UlakCiphertext) new_second = { 0 };
  g_auto (UlakDecryption) of_shadow = { 0 };
  g_auto (UlakDecryption) of_first = { 0 };
  UlakPeerDevice to_alice, by_phone, by_lid;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  to_alice = side_know (&bob, &alice);
  by_phone = side_know_phone (&alice, &bob);
  by_lid = side_know (&alice, &bob);
  g_assert_cmpint (by_phone.peer, !=, by_lid.peer);

  side_meet (&bob, &alice);
  old_first = side_encrypt (&bob, &to_alice, "old 1");
  g_assert_cmpint (side_try (&alice, &by_phone, &old_first), ==, ULAK_DECRYPT_OK);
  {
    g_auto (UlakCiphertext) answer = side_encrypt (&alice, &by_phone, "answer");

    g_assert_cmpint (side_try (&bob, &to_alice, &answer), ==, ULAK_DECRYPT_OK);
  }
  old_second = side_encrypt (&bob, &to_alice, "old 2");
  old_third = side_encrypt (&bob, &to_alice, "old 3");
  g_assert_true (ulak_device_delete_session (bob.database, &to_alice, NULL));
  side_meet (&bob, &alice);
  new_first = side_encrypt (&bob, &to_alice, "new 1");
  new_second = side_encrypt (&bob, &to_alice, "new 2");
  g_assert_cmpint (side_try (&alice, &by_lid, &new_first), ==, ULAK_DECRYPT_OK);

  learn_sides (&alice, &bob);
  g_assert_cmpint (side_count (&alice, "sessions WHERE slot = 0"), ==, 1);
  g_assert_cmpint (side_count (&alice, "sessions WHERE slot = 1"), ==, 1);
  of_shadow = side_decrypt (&alice, &by_lid, &old_second);
  assert_reads (&of_shadow, "old 2");
  g_assert_true (of_shadow.took_shadow);
  g_assert_cmpint (side_try (&alice, &by_lid, &old_second), ==, ULAK_DECRYPT_DUPLICATE);
  g_assert_cmpint (side_try (&alice, &by_lid, &old_third), ==, ULAK_DECRYPT_OK);
  of_first = side_decrypt (&alice, &by_lid, &new_second);
  assert_reads (&of_first, "new 2");
  g_assert_true (of_first.took_shadow);
  g_assert_cmpint (side_try (&alice, &by_lid, &new_first), ==, ULAK_DECRYPT_DUPLICATE);
  g_assert_cmpint (side_count (&alice, "sessions"), ==, 2);
}

static void
process (Side *self, const UlakPeerDevice *author, Side *from)
{
  g_auto (UlakDistribution) distribution = { 0 };
  UlakDistributionOutcome outcome;

  g_assert_true (ulak_group_get_distribution (from->session, from->database, GROUP, from->now_us, &distribution, NULL));
  g_assert_true (ulak_group_process_distribution (self->session, self->database, GROUP, author,
                                                  ulak_span_of (distribution.bytes), self->now_us, &outcome, NULL));
  g_assert_cmpint (outcome, ==, ULAK_DISTRIBUTION_OK);
}

static UlakDecryptOutcome
try_group (Side *self, const UlakPeerDevice *author, GBytes *skmsg)
{
  g_auto (UlakDecryption) decryption = { 0 };

  g_assert_true (ulak_group_decrypt (self->session, self->database, GROUP, author, ulak_span_of (skmsg), self->now_us,
                                     &decryption, NULL));
  return decryption.outcome;
}

static GBytes *
encrypt_group (Side *self)
{
  GBytes *skmsg = NULL;

  g_assert_true (
      ulak_group_encrypt (self->session, self->database, GROUP, ULAK_SPAN_TEXT ("x"), self->now_us, &skmsg, NULL));
  return skmsg;
}

/* The old key came under the number, the new one under the LID: both open what they are for. */
static void
test_sender_keys (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_autoptr (GBytes) old_message = NULL;
  g_autoptr (GBytes) new_message = NULL;
  UlakPeerDevice by_phone, by_lid;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  by_phone = side_know_phone (&alice, &bob);
  by_lid = side_know (&alice, &bob);
  process (&alice, &by_phone, &bob);
  old_message = encrypt_group (&bob);
  g_assert_true (ulak_group_rotate (bob.database, GROUP, NULL));
  process (&alice, &by_lid, &bob);
  new_message = encrypt_group (&bob);
  g_assert_cmpint (try_group (&alice, &by_lid, old_message), ==, ULAK_DECRYPT_NO_SESSION);
  learn_sides (&alice, &bob);
  g_assert_cmpint (try_group (&alice, &by_lid, old_message), ==, ULAK_DECRYPT_OK);
  g_assert_cmpint (try_group (&alice, &by_lid, new_message), ==, ULAK_DECRYPT_OK);
  g_assert_cmpint (try_group (&alice, &by_lid, old_message), ==, ULAK_DECRYPT_DUPLICATE);
}

/* Everything else that is kept by peer. */
static void
test_rest (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (GBytes) token = NULL;
  UlakListedDevice devices[] = { { .device = 0 } };
  UlakDevicesAnswer answer = { devices, 1, ULAK_SPAN_NONE };
  UlakPeer phone, lid, both;
  UlakDevicesChange change;
  UlakPeerDevice device;
  guint8 identity[ULAK_CURVE_PUBLIC_BYTES];
  gboolean is_there, is_due;

  side_set_up (&alice, ALICE);
  phone = resolve (&alice, "1001@s.whatsapp.net");
  lid = resolve (&alice, "2001@lid");
  device = (UlakPeerDevice){ phone.id, 0 };
  g_assert_true (ulak_device_save_identity (alice.database, &device, alice.phone.public_key, START_US, NULL, NULL));
  g_assert_true (ulak_devices_apply (alice.database, &phone, &answer, START_US, &change, NULL));
  g_assert_true (ulak_privacy_tokens_put (alice.database, phone.id, ULAK_SPAN_TEXT ("newer"), 2000000, NULL, NULL));
  g_assert_true (ulak_privacy_tokens_put (alice.database, lid.id, ULAK_SPAN_TEXT ("older"), 1000000, NULL, NULL));
  g_assert_true (ulak_privacy_tokens_mark_ours (alice.database, phone.id, 1900000, NULL));
  side_run (&alice, "INSERT INTO groups VALUES ('g', '{}', 0, 0, 0)");
  g_assert_true (
      ulak_group_cache_add_member (alice.database, "g", &(UlakGroupMember){ phone.id, ULAK_GROUP_RANK_ADMIN, 7 }, NULL));
  g_assert_true (
      ulak_group_cache_add_member (alice.database, "g", &(UlakGroupMember){ lid.id, ULAK_GROUP_RANK_MEMBER, 9 }, NULL));

  both = learn (&alice, "1001@s.whatsapp.net", "2001@lid", TRUE);
  g_assert_cmpint (both.id, ==, lid.id);
  device.peer = both.id;
  g_assert_true (ulak_device_get_identity (alice.database, &device, identity, &is_there, NULL));
  g_assert_true (is_there);
  g_assert_cmpint (side_count (&alice, "devices"), ==, 1);
  g_assert_cmpint (side_count (&alice, "device_lists"), ==, 1);
  g_assert_cmpint (side_count (&alice, "group_members"), ==, 1);
  g_assert_cmpint (side_count (&alice, "group_members WHERE since_us = 7"), ==, 1); /* the one who came first */
  g_assert_cmpint (side_count (&alice, "privacy_tokens"), ==, 1);
  g_assert_true (ulak_privacy_tokens_get (alice.database, both.id, 2000000, &token, NULL));
  g_assert_cmpmem (g_bytes_get_data (token, NULL), g_bytes_get_size (token), "newer", 5);
  g_assert_true (ulak_privacy_tokens_is_ours_due (alice.database, both.id, 1900000, &is_due, NULL));
  g_assert_false (is_due);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/peers/a person is found by every spelling of a name", test_find);
  g_test_add_func ("/session/peers/a mapping joins two and the last one told wins", test_learn);
  g_test_add_func ("/session/peers/whoever is met under both names was seen", test_seen);
  g_test_add_func ("/session/peers/no mapping makes us somebody else", test_own);
  g_test_add_func ("/session/peers/a forgotten mapping leaves the state with the LID", test_forget);
  g_test_add_func ("/session/peers/a ratchet goes on under the other name", test_move);
  g_test_add_func ("/session/peers/of two sessions the one that fits is used", test_shadow);
  g_test_add_func ("/session/peers/of two sender keys the one that fits is used", test_sender_keys);
  g_test_add_func ("/session/peers/everything kept by peer moves along", test_rest);
  return g_test_run ();
}
