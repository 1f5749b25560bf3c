/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the server and others answer to our messages, row by row.
 */
#include "chat-world.h"

#include "whatsapp/session/credentials.h"

#define ALICE "15550000001"
#define ALICE_LID "100000000000001"
#define BOB "15550000002"
#define BOB_LID "100000000000002"
#define CAROL "15550000003"
#define CAROL_LID "100000000000003"
#define GROUP "120363000000000001"
#define TEXT "{'to':'" BOB "','text':{'body':'Hello'}}"

typedef struct
{
  World *world;
  Side *phone, *alice, *bob; /* alice is the companion of the phone */
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

static void
assert_result (UlakSendResult *result /* (transfer full) */,
               UlakSendOutcome outcome,
               UlakSendScope scope,
               const char *code)
{
  g_assert_cmpint (result->outcome, ==, outcome);
  if (outcome == ULAK_SEND_RETRY)
    g_assert_cmpint (result->scope, ==, scope);
  g_assert_cmpstr (result->error_code, ==, code);
  ulak_send_result_free (result);
}

static const struct
{
  const char *error;
  UlakSendOutcome outcome;
  UlakSendScope scope;
  const char *code;
  guint n_tries; /* stanzas that left */
} rows[] = {
  { "400", ULAK_SEND_FAILED, 0, "E_WA_ADDRESSING", 1 },
  { "401", ULAK_SEND_FAILED, 0, "E_WA_REFUSED", 1 },
  { "429", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, "E_WA_RATE", 1 },
  { "463", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_RECIPIENT, "E_WA_STRANGER", 1 },
  { "475", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_COLD, "E_WA_NEW_CHATS", 1 },
  { "503", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, "E_WA_SERVER", 1 },
  { "479", ULAK_SEND_ACCEPTED, 0, NULL, 2 },
  { "nonsense", ULAK_SEND_FAILED, 0, "E_WA_REFUSED", 1 },
};

static void
test_table (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *id = g_strdup_printf ("m%" G_GSIZE_FORMAT, i);

      self->world->next_error = rows[i].error;
      side_forget_sent (self->alice);
      assert_result (side_send (self->alice, id, BOB, TEXT), rows[i].outcome, rows[i].scope, rows[i].code);
      g_assert_cmpuint (side_count_sent (self->alice, "message", NULL, NULL), ==, rows[i].n_tries);
      world_settle (self->world);
    }
}

static void
test_accepted (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakSendResult) result = side_send (self->alice, "m1", BOB, TEXT);
  g_autofree char *id = world_network_id (self->alice, "m1");

  g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
  g_assert_cmpstr (result->network_id, ==, id);
  g_assert_cmpint (result->timestamp_us, ==, ULAK_FAKE_CLOCK_START_US);
  g_assert_cmpuint (result->n_recipients, ==, 0);
  world_settle (self->world);
  g_assert_cmpuint (self->world->n_tokens, ==, 1);
  side_send_text (self->alice, "m2", BOB, "Again");
  g_assert_cmpuint (self->world->n_tokens, ==, 1);
}

static void
test_time_lock (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakSendResult) result = NULL;

  self->world->mex = g_strdup_printf ("{\"data\":{\"xwa2_fetch_account_reachout_timelock\":{\"is_active\":true,"
                                      "\"time_enforcement_ends\":\"%" G_GINT64_FORMAT "\"}}}",
                                      ULAK_FAKE_CLOCK_START_US / G_USEC_PER_SEC + 3600);
  self->world->next_error = "463";
  result = side_send (self->alice, "m1", BOB, TEXT);
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_RETRY);
  g_assert_cmpint (result->scope, ==, ULAK_SEND_SCOPE_COLD);
  g_assert_cmpstr (result->error_code, ==, "E_WA_TIME_LOCK");
  g_assert_cmpstr (result->hold_reason, ==, "time_lock");
  g_assert_cmpint (result->retry_after_ms, ==, 3600 * 1000);
  g_assert_cmpint (result->original_code, ==, 463);
}

/* A token that the server does not take is dropped, and the message goes out once without it. */
static void
test_bad_token (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *token
      = g_strdup_printf ("<notification id='n1' type='privacy_token' from='" BOB "@s.whatsapp.net' sender_lid='" BOB_LID
                         "@lid' t='1'><tokens><token type='trusted_contact' t='%" G_GINT64_FORMAT
                         "'>0102</token></tokens></notification>",
                         ULAK_FAKE_CLOCK_START_US / G_USEC_PER_SEC);

  side_give (self->alice, token);
  g_assert_nonnull (side_find_sent (self->alice, "ack", "type", "privacy_token"));
  side_send_text (self->alice, "m1", BOB, "Hello");
  g_assert_nonnull (ulak_node_get_child (side_find_sent (self->alice, "message", NULL, NULL), "tctoken"));
  side_forget_sent (self->alice);
  self->world->next_error = "463";
  assert_result (side_send (self->alice, "m2", BOB, TEXT), ULAK_SEND_ACCEPTED, 0, NULL);
  g_assert_cmpuint (side_count_sent (self->alice, "message", NULL, NULL), ==, 2);
  g_assert_null (ulak_node_get_child (side_find_sent (self->alice, "message", NULL, NULL), "tctoken"));
  world_settle (self->world);
}

/* While nobody has said how the account is addressed, one resend in the other form is allowed, and what was taken stays. */
static void
test_other_form (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->alice, "m2");
  const UlakNode *stanza;

  side_send_text (self->alice, "m1", BOB, "They know each other");
  side_run_sql (self->alice, "UPDATE credentials SET lid_migration = 0");
  side_restart (self->alice);
  side_forget_sent (self->alice);
  self->world->next_error = "463";
  side_send_text (self->alice, "m2", BOB, "Hello");
  g_assert_cmpuint (side_count_sent (self->alice, "message", "to", BOB "@s.whatsapp.net"), ==, 1);
  g_assert_cmpuint (side_count_sent (self->alice, "message", "to", BOB_LID "@lid"), ==, 1);
  g_assert_cmpuint (side_count_sent (self->alice, "message", "id", id), ==, 2);
  stanza = side_find_sent (self->alice, "message", "to", BOB_LID "@lid");
  g_assert_cmpstr (ulak_node_get_attribute (stanza, "peer_recipient_pn"), ==, BOB "@s.whatsapp.net");
  side_forget_sent (self->alice);
  self->world->next_error = "400";
  assert_result (side_send (self->alice, "m3", BOB, TEXT), ULAK_SEND_FAILED, 0, "E_WA_ADDRESSING");
  g_assert_cmpuint (side_count_sent (self->alice, "message", NULL, NULL), ==, 1);
  side_restart (self->alice);
  side_forget_sent (self->alice);
  side_send_text (self->alice, "m4", BOB, "Hello");
  g_assert_cmpuint (side_count_sent (self->alice, "message", "to", BOB_LID "@lid"), ==, 1);
  assert_chat (self->bob, ALICE,
               ALICE "|text|They know each other\n" ALICE "|text|Hello\n" ALICE "|text|Hello");
}

/* All <to> of a stanza are of the same form as the stanza itself. */
static void
test_forms_are_not_mixed (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const UlakNode *participants;

  world_add (self->world, BOB, BOB_LID, 4);
  side_send_text (self->alice, "m1", BOB, "Hello");
  participants = ulak_node_get_child (side_find_sent (self->alice, "message", NULL, NULL), "participants");
  g_assert_cmpuint (ulak_node_count_children (participants), ==, 3);
  for (const UlakNode *to = ulak_node_get_first (participants); to != NULL; to = ulak_node_get_next (to))
    g_assert_true (g_str_has_suffix (ulak_node_get_attribute (to, "jid"), "@lid"));
}

static void
test_no_answer (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->alice, "m1");

  self->alice->drop_acks = 1;
  assert_result (side_send (self->alice, "m1", BOB, TEXT), ULAK_SEND_UNKNOWN, 0, "E_WA_NO_ANSWER");
  assert_result (side_send (self->alice, "m1", BOB, TEXT), ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, "E_WA_DISCONNECTED");
  side_connect (self->alice);
  assert_result (side_send (self->alice, "m1", BOB, TEXT), ULAK_SEND_ACCEPTED, 0, NULL);
  world_settle (self->world);
  g_assert_cmpuint (side_count_sent (self->alice, "message", "id", id), ==, 2);
  assert_chat (self->bob, ALICE, ALICE "|text|Hello");
}

static void
test_nobody_there (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  assert_result (side_send (self->alice, "m1", "15559999999", "{'to':'15559999999','text':{'body':'Hello'}}"),
                 ULAK_SEND_FAILED, 0, "E_WA_NO_DEVICES");
  assert_result (side_send (self->alice, "m2", "x@newsletter", "{'to':'x@newsletter','text':{'body':'Hello'}}"),
                 ULAK_SEND_FAILED, 0, "E_WA_RECIPIENT");
  assert_result (side_send (self->alice, "m3", "1@g.us", "{'to':'1@g.us','text':{'body':'Hello'}}"), ULAK_SEND_FAILED, 0,
                 "E_WA_NO_GROUP");
  g_assert_cmpuint (side_count_sent (self->alice, "message", NULL, NULL), ==, 0);
}

/* A device list that the server does not tell still leaves the phone. */
static void
test_hidden_devices (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->world->hidden_user = BOB;
  side_send_text (self->alice, "m1", BOB, "Hello");
  assert_chat (self->bob, ALICE, ALICE "|text|Hello");
}

static void
test_group_is_old (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  WorldGroup *group = world_add_group (self->world, GROUP, FALSE, users);
  g_autoptr (UlakSendResult) result = NULL;

  side_send_text (self->alice, "m1", GROUP "@g.us", "One");
  group->uses_lid = TRUE;
  side_forget_sent (self->alice);
  self->world->next_error = "421";
  result = side_send (self->alice, "m2", GROUP "@g.us", "{'to':'" GROUP "@g.us','text':{'body':'Two'}}");
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
  g_assert_cmpuint (result->n_recipients, ==, 1);
  g_assert_cmpuint (side_count_sent (self->alice, "message", "addressing_mode", "pn"), ==, 1);
  g_assert_cmpuint (side_count_sent (self->alice, "message", "addressing_mode", "lid"), ==, 1);
  world_settle (self->world);
  assert_chat (self->bob, GROUP "@g.us", ALICE "|text|One\n" ALICE "|text|Two");
}

/* Another hash of the server means that our lists are old: they are fetched before the next message. */
static void
test_other_hash (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  guint n_usync, n_groups;

  world_add_group (self->world, GROUP, TRUE, users);
  side_send_text (self->alice, "m1", GROUP "@g.us", "One");
  self->world->next_attribute = "phash";
  self->world->next_value = "2:other000";
  side_send_text (self->alice, "m2", GROUP "@g.us", "Two");
  n_usync = self->world->n_usync;
  n_groups = self->world->n_groups;
  side_send_text (self->alice, "m3", GROUP "@g.us", "Three");
  g_assert_cmpuint (self->world->n_usync, ==, n_usync + 1);
  g_assert_cmpuint (self->world->n_groups, ==, n_groups + 1);
}

static void
test_new_lid (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  guint n_usync;

  side_send_text (self->alice, "m1", BOB, "One");
  self->world->next_attribute = "refresh_lid";
  self->world->next_value = "true";
  side_send_text (self->alice, "m2", BOB, "Two");
  n_usync = self->world->n_usync;
  side_send_text (self->alice, "m3", BOB, "Three");
  g_assert_cmpuint (self->world->n_usync, >, n_usync);
}

/* Many sends at once ask for the same list and the same keys only once. */
static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendResult) outcome = ulak_chat_send_finish (ULAK_CHAT (source), result);

  g_assert_cmpint (outcome->outcome, ==, ULAK_SEND_ACCEPTED);
  ++*(guint *) user_data;
}

static void
test_one_query (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (JsonObject) message = json_object_new ();
  JsonObject *text = json_object_new ();
  guint n_ended = 0;

  json_object_set_string_member (text, "body", "Hello");
  json_object_set_object_member (message, "text", text);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *id = g_strdup_printf ("m%u", i);
      const UlakOutbound outbound = { .id = id, .chat = BOB, .message = message };

      ulak_chat_send_async (self->alice->chat, &outbound, NULL, ended_cb, &n_ended);
    }
  world_settle (self->world);
  g_assert_cmpuint (n_ended, ==, 20);
  g_assert_cmpuint (self->world->n_usync, ==, 1);
  g_assert_cmpuint (self->world->n_bundles, ==, 1);
  g_assert_cmpint (side_count (self->bob, "messages"), ==, 20);
}

/* --- receipts that come --- */

static void
test_receipts (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->alice, "m1");
  static const char *const words[] = { "", "inactive", "read", "played", "sender", "peer_msg", "hist_sync",
                                       "server-error", "read-self", "nonsense" };

  side_forget_sent (self->alice);
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *type = words[i][0] == '\0' ? g_strdup ("") : g_strdup_printf (" type='%s'", words[i]);
      g_autofree char *xml
          = g_strdup_printf ("<receipt id='%s' from='" BOB_LID "@lid' t='1764059401'%s/>", id, type);

      side_give (self->alice, xml);
      g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "receipt"), ==, i + 1);
      g_assert_cmpstr (ulak_node_get_attribute (side_find_sent (self->alice, "ack", NULL, NULL), "type"), ==,
                       words[i][0] == '\0' ? NULL : words[i]);
    }
  /* Statuses of a message that is not here yet wait for it: delivered once, read, played. */
  g_assert_cmpint (side_count (self->alice, "early_statuses"), ==, 3);
}

static void
test_receipts_of_many (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_forget_sent (self->alice);
  side_give (self->alice, "<receipt id='X' from='" GROUP "@g.us' type='read'><participants key='X'><user jid='" BOB_LID
                          "@lid' t='1764059401'/><user jid='" CAROL_LID "@lid' t='1764059402'/></participants></receipt>");
  side_give (self->alice, "<receipt id='Y' from='" BOB_LID "@lid' t='1'><list><item id='Z'/></list></receipt>");
  side_give (self->alice, "<receipt from='" BOB_LID "@lid' t='1'/>");
  side_give (self->alice, "<receipt id='W' from='" GROUP "@g.us' t='1'/>");
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "receipt"), ==, 3);
}

static void
test_notifications (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const types[] = { "picture", "status", "business", "psa", "pay", "newsletter", "mex", "server",
                                       "account_sync", "encrypt", "w:gp2", "devices", "privacy_token", "mediaretry",
                                       "something_new" };

  side_forget_sent (self->alice);
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *xml = g_strdup_printf ("<notification id='n%" G_GSIZE_FORMAT "' type='%s' from='s.whatsapp.net' t='1'/>", i, types[i]);

      side_give (self->alice, xml);
      g_assert_cmpuint (side_count_sent (self->alice, "ack", "type", types[i]), ==, 1);
    }
  side_give (self->alice, "<call id='c1' from='" BOB_LID "@lid' t='1'><offer call-id='C'/></call>");
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "call"), ==, 1);
  side_give (self->alice, "<strange id='s1' from='" BOB_LID "@lid'/>");
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "error", "488"), ==, 1);
}

static void
test_identity (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  guint n_bundles;

  side_send_text (self->alice, "m1", BOB, "One");
  g_assert_cmpint (side_count (self->alice, "sessions"), ==, 2);
  side_give (self->alice, "<notification id='n1' type='encrypt' from='" BOB "@s.whatsapp.net' t='1'><identity/></notification>");
  g_assert_cmpint (side_count (self->alice, "sessions"), ==, 1); /* the phone's stays */
  n_bundles = self->world->n_bundles;
  side_send_text (self->alice, "m2", BOB, "Two");
  g_assert_cmpuint (self->world->n_bundles, ==, n_bundles + 1);
  assert_chat (self->bob, ALICE, ALICE "|text|One\n" ALICE "|text|Two");
}

#define ADD(name, func) g_test_add ("/chat/answers/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("each refusal has its outcome", test_table);
  ADD ("what was taken has its id and time, and a token is given once", test_accepted);
  ADD ("a time lock is told with its end", test_time_lock);
  ADD ("a bad token is dropped once", test_bad_token);
  ADD ("the other form is tried once, and kept", test_other_form);
  ADD ("forms are not mixed in a stanza", test_forms_are_not_mixed);
  ADD ("without an answer the same id goes out again", test_no_answer);
  ADD ("who is not there is told so", test_nobody_there);
  ADD ("hidden devices leave the phone", test_hidden_devices);
  ADD ("a group whose members are called otherwise is fetched anew", test_group_is_old);
  ADD ("another hash makes lists old", test_other_hash);
  ADD ("a new LID is asked for", test_new_lid);
  ADD ("one query serves many sends", test_one_query);
  ADD ("each receipt is acknowledged", test_receipts);
  ADD ("receipts about many", test_receipts_of_many);
  ADD ("every notification is acknowledged", test_notifications);
  ADD ("a new identity needs a new session", test_identity);
  return g_test_run ();
}
