/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Messages that are encrypted in the transaction that accepts them: when that can be, and that nothing stays when it cannot.
 */
#include "chat-world-private.h"

#include "connector/claim.h"
#include "core/error.h"
#include "store/database-private.h"

#define ALICE "15550000001"
#define ALICE_LID "100000000000001"
#define BOB "15550000002"
#define BOB_LID "100000000000002"
#define GROUP "120363000000000001"
#define ID_1 "01900000-0000-7000-8000-000000000001"
#define ID_2 "01900000-0000-7000-8000-000000000002"
#define HELLO "{\"to\":\"" BOB "\",\"text\":{\"body\":\"Hello\"}}"
#define TO_ALL "{\"to\":\"" GROUP "@g.us\",\"text\":{\"body\":\"To all\"}}"
#define PICTURE "{\"to\":\"" BOB "\",\"image\":{\"media_id\":\"" ID_2 "\"}}"

typedef struct
{
  World *world;
  Side *phone, *alice, *bob;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->world = world_new ();
  self->phone = world_add (self->world, ALICE, ALICE_LID, 0);
  self->alice = world_add (self->world, ALICE, ALICE_LID, 12);
  self->bob = world_add (self->world, BOB, BOB_LID, 0);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  world_free (self->world);
}

/* Alice has sessions with all whom a message to Bob goes to, and asks for nothing more. */
static void
befriend (Fixture *self)
{
  side_send_text (self->alice, "m0", BOB, "Zero");
  side_send_text (self->bob, "b0", ALICE, "Yes?");
  side_forget_sent (self->alice);
}

static JsonObject *
parse (const char *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  return json_node_dup_object (node);
}

/* All that a ratchet step changes, as one text. */
static gboolean
ratchets_run (UlakDatabase *database, gpointer data, GError **error)
{
  *(char **) data = ulak_database_get_text (
      database,
      "SELECT (SELECT group_concat(hex(record)) FROM (SELECT record FROM sessions ORDER BY peer, device, slot)) || '/' ||"
      " coalesce((SELECT group_concat(hex(record)) FROM sender_keys), '') || '/' || (SELECT count(*) FROM sent) || '/' ||"
      " (SELECT count(*) FROM peers) || '/' || (SELECT count(*) FROM message_secrets)",
      error);
  return *(char **) data != NULL;
}

static char *
read_ratchets (Side *side)
{
  UlakStore *store = ulak_line_store_get_store (side->store);
  g_autoptr (GError) error = NULL;
  g_auto (WorldWait) wait = { 0 };
  char *text = NULL;

  ulak_store_read_async (store, ratchets_run, &text, NULL, world_wait_cb, &wait);
  ulak_store_finish (store, world_wait_result (&wait), &error);
  g_assert_no_error (error);
  return text;
}

/* --- with the acceptance, as a line does it --- */

typedef struct
{
  UlakLaneHead *head; /* (owned) */
  UlakClaim *claim;   /* (owned) */
} Accepted;

static void
accepted_clear (Accepted *self)
{
  ulak_lane_head_free (self->head);
  ulak_claim_free (self->claim);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Accepted, accepted_clear)

static void
accept (Side *side, const char *id, const char *document, Accepted *accepted_out)
{
  g_autoptr (JsonObject) message = parse (document);
  UlakSendPermit permit = { .chat = json_object_get_string_member (message, "to"), .may_be_cold = TRUE, .may_be_new = TRUE };
  g_autofree char *status = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (WorldWait) wait = { 0 };

  permit.parcel = ulak_chat_new_parcel (side->chat);
  ulak_line_store_accept_async (side->store, id, message, &permit, world_wait_cb, &wait);
  g_assert_null (permit.parcel);
  status = ulak_line_store_accept_finish (side->store, world_wait_result (&wait), &accepted_out->head, &accepted_out->claim,
                                          &error);
  g_assert_no_error (error);
  g_assert_nonnull (accepted_out->claim);
}

static void
send_accepted (Side *side, const Accepted *accepted)
{
  const UlakOutbound outbound = ulak_claim_show (accepted->claim, FALSE);
  g_autoptr (UlakSendResult) result = NULL;
  g_auto (WorldWait) wait = { 0 };

  ulak_chat_send_async (side->chat, &outbound, NULL, world_wait_cb, &wait);
  result = ulak_chat_send_finish (side->chat, world_wait_result (&wait));
  g_assert_cmpstr (result->error_message, ==, NULL);
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
  world_settle (side->world);
}

static guint64
count_commits (Side *side)
{
  UlakStoreStatus status;

  ulak_store_get_status (ulak_line_store_get_store (side->store), &status);
  return status.commits;
}

static void
test_packed (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Accepted) accepted = { 0 };
  guint64 n_commits;

  befriend (self);
  n_commits = count_commits (self->alice);
  accept (self->alice, ID_1, HELLO, &accepted);
  g_assert_nonnull (accepted.claim->parcel);
  g_assert_cmpuint (count_commits (self->alice), ==, n_commits + 1);
  g_assert_cmpuint (self->alice->sent->len, ==, 0); /* nothing leaves before */
  send_accepted (self->alice, &accepted);
  g_assert_cmpuint (side_count_sent (self->alice, "message", NULL, NULL), ==, 1);
  g_assert_cmpuint (side_count_sent (self->alice, "iq", NULL, NULL), ==, 0);
  assert_chat (self->bob, ALICE, ALICE "|text|Zero\n" ALICE "|text|Hello");
  side_send_text (self->alice, ID_2, BOB, "Again");
  assert_chat (self->bob, ALICE, ALICE "|text|Zero\n" ALICE "|text|Hello\n" ALICE "|text|Again");
  g_assert_cmpuint (side_count_sent (self->bob, "receipt", "type", "retry"), ==, 0);
}

static void
test_no_session (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Accepted) accepted = { 0 };

  accept (self->alice, ID_1, HELLO, &accepted);
  g_assert_null (accepted.claim->parcel);
  g_assert_cmpint (side_count (self->alice, "sessions"), ==, 0);
  g_assert_cmpint (side_count (self->alice, "sent"), ==, 0);
  g_assert_cmpint (side_count (self->alice, "peers WHERE phone = '" BOB "'"), ==, 0);
  send_accepted (self->alice, &accepted);
  g_assert_cmpuint (self->world->n_bundles, >, 0);
  assert_chat (self->bob, ALICE, ALICE "|text|Hello");
}

/* One of two devices is new: nothing is encrypted for the other one either. */
static void
test_one_session_missing (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Accepted) accepted = { 0 };
  g_autofree char *before = NULL, *after = NULL;

  befriend (self);
  side_run_sql (self->alice, "DELETE FROM sessions WHERE peer = (SELECT id FROM peers WHERE phone = '" BOB "')");
  before = read_ratchets (self->alice);
  accept (self->alice, ID_1, HELLO, &accepted);
  g_assert_null (accepted.claim->parcel);
  after = read_ratchets (self->alice);
  g_assert_cmpstr (after, ==, before);
  send_accepted (self->alice, &accepted);
  assert_chat (self->bob, ALICE, ALICE "|text|Zero\n" ALICE "|text|Hello");
}

/* The plaintext is kept, the key is used up, and what was encrypted with it is gone: the next one seals the same message. */
static void
test_killed_before_first_byte (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *network_id = world_network_id (self->alice, ID_1);
  g_autofree char *before = NULL, *after = NULL;

  befriend (self);
  {
    g_auto (Accepted) accepted = { 0 };

    accept (self->alice, ID_1, HELLO, &accepted);
    g_assert_nonnull (accepted.claim->parcel);
  }
  before = read_ratchets (self->alice);
  side_restart (self->alice);
  side_forget_sent (self->alice);
  side_send_text (self->alice, ID_1, BOB, "another text, which nobody is to see");
  after = read_ratchets (self->alice);
  g_assert_cmpstr (after, !=, before);
  g_assert_cmpuint (side_count_sent (self->alice, "message", "id", network_id), ==, 1);
  assert_chat (self->bob, ALICE, ALICE "|text|Zero\n" ALICE "|text|Hello");
  g_assert_cmpuint (side_count_sent (self->bob, "receipt", "type", "retry"), ==, 0);
}

/* It breaks between the commit and the first byte: the message waits, and goes encrypted anew. */
static void
test_disconnected_before_first_byte (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Accepted) accepted = { 0 };
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (UlakSendResult) result = NULL;
  UlakOutbound outbound;

  befriend (self);
  accept (self->alice, ID_1, HELLO, &accepted);
  outbound = ulak_claim_show (accepted.claim, FALSE);
  side_disconnect (self->alice);
  ulak_chat_send_async (self->alice->chat, &outbound, NULL, world_wait_cb, &wait);
  result = ulak_chat_send_finish (self->alice->chat, world_wait_result (&wait));
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_RETRY);
  g_assert_cmpint (result->scope, ==, ULAK_SEND_SCOPE_LINE);
  g_assert_null (ulak_chat_new_parcel (self->alice->chat));
  side_connect (self->alice);
  side_send_text (self->alice, ID_1, BOB, "Hello");
  assert_chat (self->bob, ALICE, ALICE "|text|Zero\n" ALICE "|text|Hello");
}

static void
test_group (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  g_auto (Accepted) accepted = { 0 };

  world_add_group (self->world, GROUP, TRUE, users);
  side_send_text (self->alice, "g0", GROUP "@g.us", "Zero");
  side_forget_sent (self->alice);
  accept (self->alice, ID_1, TO_ALL, &accepted);
  g_assert_nonnull (accepted.claim->parcel);
  send_accepted (self->alice, &accepted);
  g_assert_cmpuint (side_count_sent (self->alice, "iq", NULL, NULL), ==, 0);
  assert_chat (self->bob, GROUP "@g.us", ALICE "|text|Zero\n" ALICE "|text|To all");
}

/* Who is in it is not known. */
static void
test_unknown_group (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  g_auto (Accepted) accepted = { 0 };

  befriend (self);
  world_add_group (self->world, GROUP, TRUE, users);
  accept (self->alice, ID_1, TO_ALL, &accepted);
  g_assert_null (accepted.claim->parcel);
  g_assert_cmpint (side_count (self->alice, "sender_keys"), ==, 0);
  send_accepted (self->alice, &accepted);
  assert_chat (self->bob, GROUP "@g.us", ALICE "|text|To all");
}

/* Many devices wait for our sender key: nobody else's commit waits for that. */
static void
test_large_group (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  g_auto (Accepted) accepted = { 0 };

  for (guint i = 1; i <= 16; i++)
    world_add (self->world, BOB, BOB_LID, i);
  world_add_group (self->world, GROUP, TRUE, users);
  side_send_text (self->alice, "g0", GROUP "@g.us", "Zero");
  side_run_sql (self->alice, "DELETE FROM sender_key_memory");
  accept (self->alice, ID_1, TO_ALL, &accepted);
  g_assert_null (accepted.claim->parcel);
  send_accepted (self->alice, &accepted);
  assert_chat (self->bob, GROUP "@g.us", ALICE "|text|Zero\n" ALICE "|text|To all");
}

/* --- a work that is undone, and run again --- */

typedef struct
{
  UlakParcel *parcel;
  UlakOutbound outbound;
  gboolean is_packed;
  gboolean fails; /* after everything went well */
} Packing;

static gboolean
pack_run (UlakDatabase *database, gpointer data, GError **error)
{
  Packing *self = data;

  self->is_packed = ulak_parcel_pack (self->parcel, database, &self->outbound);
  if (self->fails)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_CONFLICT, "changed its mind");
  return !self->fails;
}

static void
pack (Side *side, Packing *packing, gboolean fails)
{
  UlakStore *store = ulak_line_store_get_store (side->store);
  g_auto (WorldWait) wait = { 0 };

  packing->fails = fails;
  ulak_store_write_async (store, pack_run, packing, NULL, world_wait_cb, &wait);
  g_assert_true ((ulak_store_finish (store, world_wait_result (&wait), NULL) == NULL) == fails);
}

static void
test_run_again (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (JsonObject) message = parse (HELLO);
  g_autoptr (UlakParcel) parcel = NULL;
  g_autoptr (UlakSendResult) result = NULL;
  g_autofree char *before = NULL, *undone = NULL, *after = NULL;
  g_auto (WorldWait) wait = { 0 };
  Packing packing;

  befriend (self);
  parcel = ulak_chat_new_parcel (self->alice->chat);
  packing = (Packing){ .parcel = parcel, .outbound = { .id = ID_1, .chat = BOB, .message = message, .parcel = parcel } };
  before = read_ratchets (self->alice);
  pack (self->alice, &packing, TRUE);
  g_assert_true (packing.is_packed);
  undone = read_ratchets (self->alice);
  g_assert_cmpstr (undone, ==, before);
  pack (self->alice, &packing, FALSE);
  g_assert_true (packing.is_packed);
  after = read_ratchets (self->alice);
  g_assert_cmpstr (after, !=, before);
  ulak_chat_send_async (self->alice->chat, &packing.outbound, NULL, world_wait_cb, &wait);
  result = ulak_chat_send_finish (self->alice->chat, world_wait_result (&wait));
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
  world_settle (self->world);
  assert_chat (self->bob, ALICE, ALICE "|text|Zero\n" ALICE "|text|Hello");
  side_send_text (self->alice, ID_2, BOB, "Again");
  g_assert_cmpuint (side_count_sent (self->bob, "receipt", "type", "retry"), ==, 0);
}

/* The last run counts, whatever an earlier one had made. */
static void
test_run_again_without (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (JsonObject) message = parse (HELLO);
  g_autoptr (UlakParcel) parcel = NULL;
  g_autofree char *before = NULL, *after = NULL;
  Packing packing;

  befriend (self);
  parcel = ulak_chat_new_parcel (self->alice->chat);
  packing = (Packing){ .parcel = parcel, .outbound = { .id = ID_1, .chat = BOB, .message = message } };
  pack (self->alice, &packing, TRUE);
  g_assert_true (packing.is_packed);
  side_run_sql (self->alice, "DELETE FROM sessions WHERE peer = (SELECT id FROM peers WHERE phone = '" BOB "')");
  before = read_ratchets (self->alice);
  pack (self->alice, &packing, FALSE);
  g_assert_false (packing.is_packed);
  after = read_ratchets (self->alice);
  g_assert_cmpstr (after, ==, before);
}

/* Its file may have to be uploaded. */
static void
test_file (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (JsonObject) message = parse (PICTURE);
  g_autoptr (UlakParcel) parcel = NULL;
  Packing packing;

  befriend (self);
  parcel = ulak_chat_new_parcel (self->alice->chat);
  packing = (Packing){ .parcel = parcel, .outbound = { .id = ID_1, .chat = BOB, .message = message } };
  pack (self->alice, &packing, FALSE);
  g_assert_false (packing.is_packed);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define CASE(name, function) g_test_add ("/whatsapp/chat-parcel/" name, Fixture, NULL, set_up, function, tear_down)
  CASE ("what lacks nothing is encrypted with its acceptance, in one commit", test_packed);
  CASE ("without a session nothing is encrypted, no trace is left, and the message goes", test_no_session);
  CASE ("with one session missing no ratchet moves", test_one_session_missing);
  CASE ("after a kill before its first byte a message goes as the same one with another key", test_killed_before_first_byte);
  CASE ("without a connection an encrypted message waits", test_disconnected_before_first_byte);
  CASE ("a group that has our key is written to at once", test_group);
  CASE ("a group that is not known is asked for first", test_unknown_group);
  CASE ("a group in which many wait for our key is not", test_large_group);
  CASE ("a work that is undone moves no ratchet, and may run again", test_run_again);
  CASE ("only the last run of a work counts", test_run_again_without);
  CASE ("a message with a file is not encrypted before it", test_file);
#undef CASE

  return g_test_run ();
}
