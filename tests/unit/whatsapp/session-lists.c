/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Device lists, and what was sent and asked for again.
 */
#include "unit/whatsapp/session-fixture.h"

#include "whatsapp/crypto/phash.h"
#include "whatsapp/session/clean-up.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/message-secrets.h"
#include "whatsapp/session/network-id.h"
#include "whatsapp/session/privacy-tokens.h"
#include "whatsapp/session/retry-count.h"
#include "whatsapp/session/sent.h"

#include "core/error.h"

#define ALICE "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1
#define BOB "15550000002:4@s.whatsapp.net", "100000000000002:4@lid", 2

static UlakPeer
peer_of (Side *self, const UlakJid *jid)
{
  UlakPeer peer;

  g_assert_true (ulak_peers_resolve (self->database, jid, self->now_us, &peer, NULL));
  return peer;
}

static UlakDevicesChange
apply (Side *self, const UlakPeer *peer, const UlakListedDevice *devices, gsize n_devices)
{
  UlakDevicesAnswer answer = { (UlakListedDevice *) devices, n_devices, ULAK_SPAN_NONE };
  UlakDevicesChange change;
  g_autoptr (GError) error = NULL;

  ulak_devices_apply (self->database, peer, &answer, self->now_us, &change, &error);
  g_assert_no_error (error);
  return change;
}

/* "0 4 12", or "?" without a good list. */
static char *
list (Side *self, gint64 peer)
{
  g_autoptr (GArray) devices = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean is_known;

  g_assert_true (
      ulak_devices_list (self->database, peer, self->now_us, ULAK_DEVICES_AGE_US, &devices, &is_known, NULL));
  if (!is_known)
    return g_strdup ("?");
  for (guint i = 0; i < devices->len; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? " " : "", g_array_index (devices, UlakListedDevice, i).device);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

#define assert_list(side, peer, expected) \
  G_STMT_START \
  { \
    g_autofree char *list_ = list ((side), (peer)); \
    g_assert_cmpstr (list_, ==, (expected)); \
  } \
  G_STMT_END

static void
test_devices (void)
{
  static const UlakListedDevice first[]
      = { { 0 }, { 4, TRUE, 1, FALSE }, { 12, TRUE, 2, FALSE }, { 13, FALSE, 0, FALSE }, { 12, TRUE, 2, FALSE } };
  static const UlakListedDevice second[] = { { 0 }, { 99, TRUE, 3, TRUE } };
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_autoptr (GArray) stale = NULL;
  UlakDevicesChange change;
  UlakPeerDevice session;
  gboolean has_session;
  gint64 peers[2];
  UlakPeer peer;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  session = side_know (&alice, &bob);
  peer = peer_of (&alice, &bob.lid);
  assert_list (&alice, peer.id, "?");
  change = apply (&alice, &peer, first, G_N_ELEMENTS (first));
  g_assert_cmpuint (change.n_devices, ==, 3);
  g_assert_cmpuint (change.n_added, ==, 3);
  assert_list (&alice, peer.id, "0 4 12");
  g_assert_true (ulak_device_has_session (alice.database, &session, &has_session, NULL));
  g_assert_true (has_session);

  change = apply (&alice, &peer, second, G_N_ELEMENTS (second));
  g_assert_cmpuint (change.n_removed, ==, 2);
  assert_list (&alice, peer.id, "0 99");
  g_assert_true (ulak_device_has_session (alice.database, &session, &has_session, NULL));
  g_assert_false (has_session);

  change = apply (&alice, &peer, NULL, 0);
  g_assert_cmpuint (change.n_devices, ==, 0);
  assert_list (&alice, peer.id, "0 99");
  peers[0] = peer.id;
  peers[1] = peer_of (&alice, &alice.lid).id;
  g_assert_true (ulak_devices_list_stale (alice.database, peers, 2, alice.now_us, 1, &stale, NULL));
  g_assert_cmpuint (stale->len, ==, 1);
  g_assert_cmpint (g_array_index (stale, gint64, 0), ==, peers[1]);
  alice.now_us += ULAK_DEVICES_AGE_US + 1;
  assert_list (&alice, peer.id, "?");
  alice.now_us -= ULAK_DEVICES_AGE_US + 1;
  g_assert_true (ulak_devices_forget_all (alice.database, NULL));
  assert_list (&alice, peer.id, "?");
}

static void
test_own_devices (void)
{
  static const UlakListedDevice devices[] = { { 0 }, { 3, TRUE, 1, FALSE }, { 5, TRUE, 2, FALSE } };
  g_auto (Side) alice = { 0 };
  UlakPeer own;

  side_set_up (&alice, ALICE);
  own = peer_of (&alice, &alice.jid);
  apply (&alice, &own, devices, G_N_ELEMENTS (devices));
  assert_list (&alice, own.id, "0 5");
}

static void
test_too_many_devices (void)
{
  UlakListedDevice devices[200] = { 0 };
  g_auto (Side) alice = { 0 };
  UlakJid jid = jid_of ("77@lid");
  UlakPeer peer;

  side_set_up (&alice, ALICE);
  peer = peer_of (&alice, &jid);
  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    devices[i] = (UlakListedDevice){ (guint16) i, TRUE, i, FALSE };
  g_assert_cmpuint (apply (&alice, &peer, devices, G_N_ELEMENTS (devices)).n_devices, ==, ULAK_DEVICES_MAX);
}

static void
test_news (void)
{
  static const UlakListedDevice first[] = { { 0 }, { 12, TRUE, 2, FALSE } };
  const UlakListedDevice new = { 14, TRUE, 3, FALSE }, old = first[1];
  const char *with[] = { "77.0:0@lid", "77.0:12@lid", "77.0:14@lid", NULL },
             *without[] = { "77.0:0@lid", "77.0:14@lid", NULL };
  g_autofree char *hash_with = ulak_phash (with), *hash_without = ulak_phash (without);
  g_auto (Side) alice = { 0 };
  UlakJid jid = jid_of ("77@lid");
  UlakPeer peer;

  side_set_up (&alice, ALICE);
  peer = peer_of (&alice, &jid);
  g_assert_true (ulak_devices_apply_news (alice.database, &peer, ULAK_DEVICES_ADD, &new, NULL, hash_with, NULL));
  assert_list (&alice, peer.id, "?");
  apply (&alice, &peer, first, G_N_ELEMENTS (first));
  g_assert_true (
      ulak_devices_apply_news (alice.database, &peer, ULAK_DEVICES_ADD, &new, "2:whatever", hash_with, NULL));
  assert_list (&alice, peer.id, "0 12 14");
  g_assert_true (ulak_devices_apply_news (alice.database, &peer, ULAK_DEVICES_REMOVE, &old, NULL, hash_without, NULL));
  assert_list (&alice, peer.id, "0 14");
  g_assert_true (ulak_devices_apply_news (alice.database, &peer, ULAK_DEVICES_REMOVE, &new, NULL, hash_with, NULL));
  assert_list (&alice, peer.id, "?");
  apply (&alice, &peer, first, G_N_ELEMENTS (first));
  g_assert_true (ulak_devices_apply_news (alice.database, &peer, ULAK_DEVICES_UPDATE, NULL, NULL, NULL, NULL));
  assert_list (&alice, peer.id, "?");
}

static void
keep (Side *self, const UlakJid *chat, const char *id, const char *text)
{
  g_autoptr (GError) error = NULL;

  ulak_sent_keep (self->database, chat, id, ULAK_SPAN_TEXT (text), "text", self->now_us, &error);
  g_assert_no_error (error);
}

static void
test_sent (void)
{
  g_auto (Side) alice = { 0 };
  g_autoptr (UlakSentMessage) found = NULL;
  g_autoptr (UlakSentMessage) none = NULL;
  g_autoptr (UlakSentMessage) other = NULL;
  g_autofree char *large = g_strnfill (ULAK_SENT_MAX_BYTES + 1, 'x');
  g_autoptr (GError) error = NULL;
  UlakJid phone = jid_of ("1001@s.whatsapp.net"), lid = jid_of ("2001:7@lid"), group = jid_of (GROUP);

  side_set_up (&alice, ALICE);
  keep (&alice, &phone, "3EB0A", "hello");
  keep (&alice, &group, "3EB0B", "hello all");
  g_assert_true (ulak_sent_find (alice.database, &lid, "3EB0A", &none, NULL));
  g_assert_null (none);
  g_assert_true (ulak_peers_learn (alice.database, &phone, &lid, alice.now_us, NULL, NULL, NULL));
  g_assert_true (ulak_sent_find (alice.database, &lid, "3EB0A", &found, NULL));
  g_assert_nonnull (found);
  g_assert_cmpmem (g_bytes_get_data (found->plain, NULL), g_bytes_get_size (found->plain), "hello", 5);
  g_assert_cmpstr (found->note, ==, "text");
  g_assert_cmpint (found->sent_us, ==, START_US);
  g_assert_true (ulak_sent_find (alice.database, &group, "3EB0B", &other, NULL));
  g_assert_nonnull (other);
  g_assert_false (ulak_sent_keep (alice.database, &group, "3EB0C", ULAK_SPAN_TEXT (large), NULL, 0, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static UlakRetryVerdict
admit (Side *self, const UlakRetryRequest *request)
{
  g_autoptr (GError) error = NULL;
  UlakRetryVerdict verdict;

  ulak_sent_admit_retry (self->session, self->database, request, self->now_us, &verdict, &error);
  g_assert_no_error (error);
  return verdict;
}

static void
test_retries (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  UlakRetryRequest request = { .network_id = "3EB0A", .count = 1 };
  UlakPeerDevice to_bob;
  gboolean has_session;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  to_bob = side_know (&alice, &bob);
  request.chat = &bob.lid;
  request.device = to_bob;
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_FETCH_BUNDLE);
  side_meet (&alice, &bob);
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_SERVE);
  request.registration_id = ulak_credentials_get_registration_id (ulak_session_get_credentials (bob.session));
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_SERVE);
  request.registration_id++;
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_FETCH_BUNDLE);
  request.registration_id--;
  request.has_keys = TRUE;
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_PROCESS_KEYS);
  request.has_keys = FALSE;

  /* From the second request on a bundle is fetched, but not each time; a session that stays the same has to go. */
  request.count = 2;
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_SERVE);
  alice.now_us += G_TIME_SPAN_HOUR;
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_FETCH_BUNDLE);
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_SERVE);
  request.count = 3;
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_FETCH_BUNDLE);
  g_assert_true (ulak_device_has_session (alice.database, &to_bob, &has_session, NULL));
  g_assert_false (has_session);
  side_meet (&alice, &bob);
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_SERVE);
  request.count = 5;
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_REFUSE);
  request.count = 1;
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_REFUSE);
  request.network_id = "3EB0B";
  for (guint i = 0; i < ULAK_SENT_RETRY_TIMES_MAX; i++)
    g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_SERVE);
  g_assert_cmpint (admit (&alice, &request), ==, ULAK_RETRY_REFUSE);
}

static guint
next_count (Side *self, const UlakJid *chat, const char *id, const UlakPeerDevice *author, guint enc_count)
{
  guint count;

  g_assert_true (ulak_retry_count_next (self->database, chat, id, author, enc_count, self->now_us, &count, NULL));
  return count;
}

static void
test_retry_counts (void)
{
  g_auto (Side) alice = { 0 };
  UlakJid phone = jid_of ("1001@s.whatsapp.net"), lid = jid_of ("2001@lid");
  UlakPeerDevice author = { 0, 4 };
  guint count;

  side_set_up (&alice, ALICE);
  author.peer = peer_of (&alice, &lid).id;
  g_assert_cmpuint (next_count (&alice, &lid, "A", &author, 0), ==, 1);
  g_assert_cmpuint (next_count (&alice, &lid, "A", &author, 0), ==, 2);
  g_assert_cmpuint (next_count (&alice, &lid, "B", &author, 3), ==, 4);
  g_assert_true (ulak_peers_learn (alice.database, &phone, &lid, alice.now_us, NULL, NULL, NULL));
  g_assert_cmpuint (next_count (&alice, &phone, "A", &author, 0), ==, 3);
  g_assert_cmpuint (next_count (&alice, &lid, "A", &author, 1000000), ==, ULAK_RETRY_COUNT_MAX + 1);
  g_assert_cmpuint (next_count (&alice, &lid, "A", &author, 0), ==, ULAK_RETRY_COUNT_MAX + 1);
  g_assert_true (ulak_retry_count_forget (alice.database, &lid, "A", &author, NULL));
  g_assert_true (ulak_retry_count_get (alice.database, &phone, "A", &author, &count, NULL));
  g_assert_cmpuint (count, ==, 0);
}

static void
test_secrets (void)
{
  static const guint8 secret[ULAK_MSG_SECRET_BYTES] = { 1, 2, 3 }, other[ULAK_MSG_SECRET_BYTES] = { 9 };
  g_auto (Side) alice = { 0 };
  g_auto (UlakMessageSecret) found = { 0 };
  UlakJid phone = jid_of ("1001@s.whatsapp.net"), lid = jid_of ("2001@lid"), group = jid_of (GROUP);
  gboolean is_found;

  side_set_up (&alice, ALICE);
  g_assert_true (ulak_message_secrets_keep (alice.database, &group, "A", &phone, secret, START_US, NULL));
  g_assert_true (ulak_message_secrets_keep (alice.database, &group, "A", &phone, other, START_US, NULL));
  g_assert_true (ulak_message_secrets_find (alice.database, &group, "A", &lid, &found, &is_found, NULL));
  g_assert_false (is_found);
  g_assert_true (ulak_peers_learn (alice.database, &phone, &lid, alice.now_us, NULL, NULL, NULL));
  g_assert_true (ulak_message_secrets_find (alice.database, &group, "A", &lid, &found, &is_found, NULL));
  g_assert_true (is_found);
  g_assert_cmpmem (found.secret.bytes, sizeof found.secret.bytes, secret, sizeof secret);
  g_assert_true (ulak_jid_equal (&found.author, &phone));
  g_assert_true (ulak_message_secrets_find (alice.database, &group, "A", NULL, &found, &is_found, NULL));
  g_assert_true (is_found);
  g_assert_true (ulak_message_secrets_find (alice.database, &group, "B", NULL, &found, &is_found, NULL));
  g_assert_false (is_found);
}

static GBytes *
get_token (Side *self, gint64 peer, gint64 now_s)
{
  GBytes *token;

  g_assert_true (ulak_privacy_tokens_get (self->database, peer, now_s, &token, NULL));
  return token;
}

static void
test_tokens (void)
{
  static const guint8 salt[32] = { 5 };
  const gint64 bucket = ULAK_PRIVACY_TOKEN_BUCKET_S, time_s = 2900 * bucket + 100;
  g_auto (Side) alice = { 0 };
  g_autoptr (GBytes) good = NULL;
  UlakJid lid = jid_of ("2001@lid");
  guint8 token[ULAK_CS_TOKEN_BYTES];
  gboolean is_news, is_due, has_token;
  UlakPeer peer;

  side_set_up (&alice, ALICE);
  peer = peer_of (&alice, &lid);
  g_assert_true (ulak_privacy_tokens_put (alice.database, peer.id, ULAK_SPAN_TEXT ("token"), time_s, &is_news, NULL));
  g_assert_true (is_news);
  g_assert_true (
      ulak_privacy_tokens_put (alice.database, peer.id, ULAK_SPAN_TEXT ("older"), time_s - 1, &is_news, NULL));
  g_assert_false (is_news);
  g_assert_true (ulak_privacy_tokens_put (alice.database, peer.id, ULAK_SPAN_NONE, time_s + 1, &is_news, NULL));
  g_assert_false (is_news);
  good = get_token (&alice, peer.id, 2904 * bucket - 1);
  g_assert_nonnull (good);
  g_assert_null (get_token (&alice, peer.id, 2904 * bucket));
  g_assert_true (ulak_privacy_tokens_drop (alice.database, peer.id, NULL));
  g_assert_null (get_token (&alice, peer.id, time_s));

  g_assert_true (ulak_privacy_tokens_is_ours_due (alice.database, peer.id, time_s, &is_due, NULL));
  g_assert_true (is_due);
  g_assert_true (ulak_privacy_tokens_mark_ours (alice.database, peer.id, time_s, NULL));
  g_assert_true (ulak_privacy_tokens_is_ours_due (alice.database, peer.id, 2901 * bucket - 1, &is_due, NULL));
  g_assert_false (is_due);
  g_assert_true (ulak_privacy_tokens_is_ours_due (alice.database, peer.id, 2901 * bucket, &is_due, NULL));
  g_assert_true (is_due);
  g_assert_true (ulak_privacy_tokens_mark_ours (alice.database, peer.id, 0, NULL));
  g_assert_true (ulak_privacy_tokens_is_ours_due (alice.database, peer.id, time_s, &is_due, NULL));
  g_assert_true (is_due);

  g_assert_true (ulak_privacy_tokens_make_cs (alice.database, &peer, token, &has_token, NULL));
  g_assert_false (has_token);
  g_assert_true (ulak_privacy_tokens_put_salt (alice.database, ULAK_SPAN (salt, 31), NULL));
  g_assert_true (ulak_privacy_tokens_make_cs (alice.database, &peer, token, &has_token, NULL));
  g_assert_false (has_token);
  g_assert_true (ulak_privacy_tokens_put_salt (alice.database, ULAK_SPAN_ARRAY (salt), NULL));
  g_assert_true (ulak_privacy_tokens_make_cs (alice.database, &peer, token, &has_token, NULL));
  g_assert_true (has_token);
  {
    g_autofree char *expected = g_compute_hmac_for_string (G_CHECKSUM_SHA256, salt, sizeof salt, "2001@lid", -1);
    g_autoptr (GString) actual = g_string_new (NULL);

    for (gsize i = 0; i < sizeof token; i++)
      g_string_append_printf (actual, "%02x", token[i]);
    g_assert_cmpstr (actual->str, ==, expected);
  }
}

static void
test_network_id (void)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *upper = NULL, *expected = NULL;
  UlakNetworkId id, again, other;

  ulak_network_id_make (&id, "15550000001", "0198c0de");
  ulak_network_id_make (&again, "15550000001", "0198c0de");
  ulak_network_id_make (&other, "15550000002", "0198c0de");
  g_checksum_update (checksum, (const guchar *) "ulak-message-id\00015550000001\0000198c0de", 36);
  upper = g_ascii_strup (g_checksum_get_string (checksum), 18);
  expected = g_strconcat ("3EB0", upper, NULL);
  g_assert_cmpstr (id.text, ==, expected);
  g_assert_cmpstr (id.text, ==, again.text);
  g_assert_cmpstr (id.text, !=, other.text);
}

static void
clean_up (Side *self, gint64 now_us)
{
  guint n = 1;

  while (n > 0)
    g_assert_true (ulak_session_clean_up (self->database, now_us, 7, &n, NULL));
}

static void
test_clean_up (void)
{
  g_auto (Side) alice = { 0 };
  UlakJid group = jid_of (GROUP), lid = jid_of ("2001@lid");
  UlakPeerDevice author = { 0, 1 };

  side_set_up (&alice, ALICE);
  author.peer = peer_of (&alice, &lid).id;
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *id = g_strdup_printf ("3EB0%u", i);

      alice.now_us = START_US + i * G_TIME_SPAN_DAY;
      keep (&alice, &group, id, "x");
      next_count (&alice, &group, id, &author, 0);
    }
  clean_up (&alice, START_US + 10 * G_TIME_SPAN_DAY + ULAK_SENT_AGE_US);
  g_assert_cmpint (side_count (&alice, "sent"), ==, 10);
  g_assert_cmpint (side_count (&alice, "retry_counts"), ==, 19);
  g_assert_cmpint (side_count (&alice, "peers"), ==, 2);
  clean_up (&alice, START_US + 1000 * G_TIME_SPAN_DAY);
  g_assert_cmpint (side_count (&alice, "sent"), ==, 0);
  g_assert_cmpint (side_count (&alice, "retry_counts"), ==, 0);
  g_assert_cmpint (side_count (&alice, "peers WHERE is_own = 1"), ==, 1);
  g_assert_cmpint (side_count (&alice, "peers"), ==, 1);
}

static void
test_amounts (void)
{
  g_auto (Side) alice = { 0 };
  guint n;

  side_set_up (&alice, ALICE);
  side_run (&alice, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100050) "
                    "INSERT INTO sent SELECT 'g', i, x'00', NULL, 1760000000000000 + i FROM n");
  g_assert_true (ulak_session_clean_up (alice.database, START_US, 40, &n, NULL));
  g_assert_cmpuint (n, ==, 40);
  clean_up (&alice, START_US);
  g_assert_cmpint (side_count (&alice, "sent"), ==, ULAK_SENT_MAX_ROWS);
  g_assert_cmpint (side_count (&alice, "sent WHERE network_id = '50'"), ==, 0);
  g_assert_cmpint (side_count (&alice, "sent WHERE network_id = '51'"), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/lists/an answer replaces a list and what vanished loses its session", test_devices);
  g_test_add_func ("/session/lists/this device is never in a list", test_own_devices);
  g_test_add_func ("/session/lists/a list has a limit", test_too_many_devices);
  g_test_add_func ("/session/lists/news are taken when the hash agrees", test_news);
  g_test_add_func ("/session/sent/a message is found under either form of its chat", test_sent);
  g_test_add_func ("/session/sent/retries are served by the rules and within limits", test_retries);
  g_test_add_func ("/session/sent/our own requests are counted", test_retry_counts);
  g_test_add_func ("/session/sent/secrets are found under either form of the author", test_secrets);
  g_test_add_func ("/session/sent/privacy tokens count in buckets", test_tokens);
  g_test_add_func ("/session/sent/a network id is the same each time", test_network_id);
  g_test_add_func ("/session/clean-up/what is old goes in steps", test_clean_up);
  g_test_add_func ("/session/clean-up/what is too much goes in steps", test_amounts);
  return g_test_run ();
}
