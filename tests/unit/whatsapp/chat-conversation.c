/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Whole chats talk to each other through the server of chat-world.c.
 */
#include "chat-world.h"

#define ALICE "15550000001"
#define ALICE_LID "100000000000001"
#define BOB "15550000002"
#define BOB_LID "100000000000002"
#define CAROL "15550000003"
#define CAROL_LID "100000000000003"
#define GROUP "120363000000000001"

static void
test_two_people (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  g_autofree char *events = NULL;

  side_send_text (alice, "m1", BOB, "Hello");
  assert_chat (bob, ALICE, ALICE "|text|Hello");
  side_send_text (bob, "m2", ALICE, "Hi");
  side_send_text (bob, "m3", ALICE, "How are you?");
  assert_chat (alice, BOB, BOB "|text|Hi\n" BOB "|text|How are you?");
  side_send_text (alice, "m4", BOB, "Well");
  assert_chat (bob, ALICE, ALICE "|text|Hello\n" ALICE "|text|Well");
  events = side_events (bob);
  g_assert_cmpstr (events, ==, "message.received message.received");
  g_assert_cmpuint (side_count_sent (bob, "receipt", "type", "inactive"), ==, 2);
  g_assert_cmpuint (side_count_sent (bob, "ack", "class", "message"), ==, 0);
  g_assert_cmpuint (side_count_sent (alice, "ack", "class", "receipt"), ==, 2);
}

static void
test_own_devices (void)
{
  g_autoptr (World) world = world_new ();
  Side *phone = world_add (world, ALICE, ALICE_LID, 0);
  Side *alice = world_add (world, ALICE, ALICE_LID, 12);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  Side *bobs_other = world_add (world, BOB, BOB_LID, 3);

  side_send_text (alice, "m1", BOB, "Hello");
  assert_chat (bob, ALICE, ALICE "|text|Hello");
  assert_chat (bobs_other, ALICE, ALICE "|text|Hello");
  assert_chat (phone, BOB, "-|text|Hello");
  g_assert_cmpuint (side_count_sent (phone, "receipt", "type", "sender"), ==, 1);
  side_send_text (bobs_other, "m2", ALICE, "Hi");
  assert_chat (alice, BOB, BOB "|text|Hi");
  assert_chat (phone, BOB, "-|text|Hello\n" BOB "|text|Hi");
  assert_chat (bob, ALICE, ALICE "|text|Hello\n-|text|Hi");
}

static void
test_group (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  Side *carol = world_add (world, CAROL, CAROL_LID, 0);
  Side *carols_other = world_add (world, CAROL, CAROL_LID, 7);
  const char *const users[] = { ALICE, BOB, CAROL, NULL };
  guint n_bundles;

  world_add_group (world, GROUP, TRUE, users);
  side_send_text (alice, "m1", GROUP "@g.us", "To all");
  assert_chat (bob, GROUP "@g.us", ALICE "|text|To all");
  assert_chat (carol, GROUP "@g.us", ALICE "|text|To all");
  assert_chat (carols_other, GROUP "@g.us", ALICE "|text|To all");
  n_bundles = world->n_bundles;
  side_forget_sent (alice);
  side_send_text (alice, "m2", GROUP "@g.us", "Again");
  g_assert_null (ulak_node_get_child (side_find_sent (alice, "message", NULL, NULL), "participants"));
  g_assert_cmpuint (world->n_bundles, ==, n_bundles);
  g_assert_cmpuint (world->n_groups, ==, 1);
  side_send_text (bob, "m3", GROUP "@g.us", "Yes");
  assert_chat (alice, GROUP "@g.us", BOB "|text|Yes");
  assert_chat (carol, GROUP "@g.us", ALICE "|text|To all\n" ALICE "|text|Again\n" BOB "|text|Yes");
}

static void
test_group_by_phone (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  const char *const users[] = { ALICE, BOB, NULL };
  const UlakNode *stanza;

  world_add_group (world, GROUP, FALSE, users);
  side_send_text (alice, "m1", GROUP "@g.us", "To all");
  assert_chat (bob, GROUP "@g.us", ALICE "|text|To all");
  stanza = side_find_sent (alice, "message", "addressing_mode", "pn");
  g_assert_nonnull (stanza);
  g_assert_true (g_str_has_prefix (ulak_node_get_attribute (stanza, "phash"), "2:"));
}

static UlakSendOutcome
delete_m1 (Side *side, const char *id, const UlakOutboundTarget *target)
{
  UlakSendResult *result = side_send_about (side, id, GROUP "@g.us", "{'to':'" GROUP "@g.us','revoke':{'message_id':'m1'}}", target);
  UlakSendOutcome outcome = result->outcome;

  g_assert_cmpstr (result->error_code, ==, outcome == ULAK_SEND_ACCEPTED ? NULL : "E_WA_CONTENT");
  ulak_send_result_free (result);
  return outcome;
}

/* The first of a group is its administrator. */
static void
test_deletion_in_group (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  Side *carol = world_add (world, CAROL, CAROL_LID, 0);
  const char *const users[] = { ALICE, BOB, CAROL, NULL };
  g_autofree char *id = world_network_id (bob, "m1");
  const UlakOutboundTarget target = { .network_id = id, .chat = GROUP "@g.us", .from = BOB };

  world_add_group (world, GROUP, TRUE, users);
  side_send_text (bob, "m1", GROUP "@g.us", "Spam");
  g_assert_cmpint (delete_m1 (carol, "m2", &target), ==, ULAK_SEND_FAILED);
  assert_chat (carol, GROUP "@g.us", BOB "|text|Spam");
  g_assert_cmpint (delete_m1 (alice, "m3", &target), ==, ULAK_SEND_ACCEPTED);
  world_settle (world);
  assert_chat (alice, GROUP "@g.us", BOB "|revoked|");
  assert_chat (carol, GROUP "@g.us", BOB "|revoked|");
}

/* A device that comes later gets the sender key with the next message; one that leaves makes a new key necessary. */
static void
test_group_changes (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  Side *carol = world_add (world, CAROL, CAROL_LID, 0);
  const char *const users[] = { ALICE, BOB, CAROL, NULL };
  WorldGroup *group = world_add_group (world, GROUP, TRUE, users);
  Side *bobs_other;

  side_send_text (alice, "m1", GROUP "@g.us", "One");
  bobs_other = world_add (world, BOB, BOB_LID, 5);
  side_give (alice, "<notification id='n1' type='devices' from='" BOB "@s.whatsapp.net' t='1764059400'>"
                    "<add device_hash='2:xxxxxxxx'><device jid='" BOB ":5@s.whatsapp.net' key-index='5'/></add></notification>");
  side_send_text (alice, "m2", GROUP "@g.us", "Two");
  assert_chat (bobs_other, GROUP "@g.us", ALICE "|text|Two");
  g_ptr_array_remove_index (group->accounts, 2);
  side_give (alice, "<notification id='n2' type='w:gp2' from='" GROUP "@g.us' participant='" BOB_LID "@lid' t='1764059400'>"
                    "<remove><participant jid='" CAROL_LID "@lid'/></remove></notification>");
  g_assert_nonnull (side_find_sent (alice, "ack", "id", "n1"));
  g_assert_nonnull (side_find_sent (alice, "ack", "id", "n2"));
  side_forget_sent (alice);
  side_send_text (alice, "m3", GROUP "@g.us", "Three");
  g_assert_nonnull (ulak_node_get_child (side_find_sent (alice, "message", NULL, NULL), "participants"));
  assert_chat (bob, GROUP "@g.us", ALICE "|text|One\n" ALICE "|text|Two\n" ALICE "|text|Three");
  assert_chat (carol, GROUP "@g.us", ALICE "|text|One\n" ALICE "|text|Two");
}

/* The sender encrypts once more when it hears that nobody could read it, also after a restart. */
static void
test_damaged (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  g_autofree char *events = NULL;

  side_send_text (alice, "m1", BOB, "One");
  side_send_text (bob, "m2", ALICE, "Two");
  side_disconnect (bob);
  world->damages = TRUE;
  side_send_text (alice, "m3", BOB, "Three");
  side_restart (alice);
  side_connect (bob);
  assert_chat (bob, ALICE, ALICE "|text|One\n" ALICE "|text|Three");
  g_assert_cmpuint (side_count_sent (bob, "receipt", "type", "retry"), ==, 1);
  g_assert_cmpuint (side_count_sent (bob, "ack", "class", "message"), ==, 1);
  events = side_events (bob);
  g_assert_cmpstr (events, ==, "message.received message.undecryptable message.replaced");
  side_send_text (alice, "m4", BOB, "Four");
  assert_chat (bob, ALICE, ALICE "|text|One\n" ALICE "|text|Three\n" ALICE "|text|Four");
}

static void
test_damaged_in_group (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  const char *const users[] = { ALICE, BOB, NULL };

  world_add_group (world, GROUP, TRUE, users);
  side_send_text (alice, "m1", GROUP "@g.us", "One");
  world->damages = TRUE;
  side_send_text (alice, "m2", GROUP "@g.us", "Two");
  assert_chat (bob, GROUP "@g.us", ALICE "|text|One\n" ALICE "|text|Two");
  side_send_text (alice, "m3", GROUP "@g.us", "Three");
  assert_chat (bob, GROUP "@g.us", ALICE "|text|One\n" ALICE "|text|Two\n" ALICE "|text|Three");
}

/* Whoever lost everything still gets what is written: the retry brings new keys. */
static void
test_session_lost (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);

  side_send_text (alice, "m1", BOB, "One");
  side_send_text (bob, "m2", ALICE, "Two");
  side_run_sql (bob, "DELETE FROM sessions");
  side_send_text (alice, "m3", BOB, "Three");
  assert_chat (bob, ALICE, ALICE "|text|One\n" ALICE "|text|Three");
  side_send_text (bob, "m4", ALICE, "Four");
  assert_chat (alice, BOB, BOB "|text|Two\n" BOB "|text|Four");
}

static void
test_status_of_messages (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  const UlakReadMessage read = { .network_id = "X1", .from = BOB, .type = "text" };
  const UlakReadMark mark = { .chat = BOB, .messages = &read, .n_messages = 1, .typing = TRUE };

  side_send_text (alice, "m1", BOB, "One");
  side_give (alice, "<message id='X1' from='" BOB_LID "@lid' t='1764059400' type='text'><enc v='2' type='msg'>00</enc></message>");
  side_forget_sent (alice);
  side_mark (alice, &mark);
  g_assert_cmpstr (ulak_node_get_attribute (side_find_sent (alice, "receipt", "type", "read"), "to"), ==,
                   BOB_LID "@lid");
  g_assert_nonnull (ulak_node_get_child (side_find_sent (alice, "chatstate", NULL, NULL), "composing"));
  side_forget_sent (alice);
  ulak_chat_set_ghost (alice->chat, TRUE);
  side_mark (alice, &mark);
  g_assert_cmpuint (alice->sent->len, ==, 0);
  ulak_chat_set_ghost (alice->chat, FALSE);
  ulak_chat_set_hides_reading (alice->chat, TRUE);
  side_mark (alice, &mark);
  g_assert_nonnull (side_find_sent (alice, "receipt", "type", "read-self"));
  world_settle (bob->world);
}

static void
test_played (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  const UlakReadMessage read[] = { { "X1", BOB, "text" }, { "X2", BOB, "voice" } };
  UlakReadMark mark = { .chat = BOB, .messages = read, .n_messages = G_N_ELEMENTS (read) };
  const UlakNode *receipt;

  side_mark (alice, &mark);
  g_assert_cmpuint (side_count_sent (alice, "receipt", "type", "read"), ==, 1);
  g_assert_cmpuint (side_count_sent (alice, "receipt", "type", "played"), ==, 0);
  mark.played = TRUE;
  side_mark (alice, &mark);
  receipt = side_find_sent (alice, "receipt", "type", "played");
  g_assert_cmpstr (ulak_node_get_attribute (receipt, "id"), ==, "X2");
  g_assert_null (ulak_node_get_child (receipt, "list"));
  side_forget_sent (alice);
  ulak_chat_set_hides_reading (alice->chat, TRUE);
  side_mark (alice, &mark);
  g_assert_nonnull (side_find_sent (alice, "receipt", "type", "played-self"));
}

/* What is pinned is pinned for all: it is shown, and asks nobody to look. */
static void
test_pin (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  g_autofree char *id = world_network_id (alice, "m1");
  UlakOutboundTarget target = { .id = "m1", .network_id = id, .chat = BOB };
  g_autoptr (UlakSendResult) result = NULL;

  side_send_text (alice, "m1", BOB, "Look");
  result = side_send_about (alice, "m2", BOB, "{'pin':{'message_id':'m1','duration_s':86400}}", &target);
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
  world_settle (world);
  assert_chat (bob, ALICE, ALICE "|text|Look\n" ALICE "|system|");
  g_assert_cmpint (side_count (bob, "messages WHERE content LIKE '%message_pinned%' AND content LIKE '%86400%'"), ==, 1);
  g_assert_cmpint (side_count (bob, "chats WHERE unread = 1"), ==, 1);
}

static void
test_edits_and_reactions (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  g_autofree char *id = world_network_id (alice, "m1");
  UlakOutboundTarget target = { .id = "m1", .network_id = id, .chat = BOB };
  UlakOutboundTarget seen = { .network_id = id, .chat = ALICE, .from = ALICE };
  UlakSendResult *result;
  g_autofree char *events = NULL;

  side_send_text (alice, "m1", BOB, "One");
  result = side_send_about (alice, "m2", BOB, "{'to':'" BOB "','edit':{'message_id':'m1','text':'Two'}}", &target);
  g_assert_cmpstr (result->error_message, ==, NULL);
  ulak_send_result_free (result);
  world_settle (world);
  assert_chat (bob, ALICE, ALICE "|text|Two");
  result = side_send_about (bob, "m3", ALICE, "{'to':'" ALICE "','reaction':{'message_id':'m1','emoji':'👍'}}", &seen);
  g_assert_cmpstr (result->error_message, ==, NULL);
  ulak_send_result_free (result);
  world_settle (world);
  assert_chat (alice, BOB, "-|text|Two\n" BOB "|reaction|"); /* what the line edits changes here, too */
  result = side_send_about (alice, "m4", BOB, "{'to':'" BOB "','revoke':{'message_id':'m1'}}", &target);
  g_assert_cmpstr (result->error_message, ==, NULL);
  ulak_send_result_free (result);
  world_settle (world);
  assert_chat (bob, ALICE, ALICE "|revoked|");
  events = side_events (bob);
  g_assert_cmpstr (events, ==, "message.received message.edited message.revoked");
}

#define REFERENCE \
  "{\"kind\":\"image\",\"direct_path\":\"/v/forwarded\",\"media_key\":\"" KEY "\",\"file_sha256\":\"" KEY \
  "\",\"file_enc_sha256\":\"" KEY "\",\"size\":5}"
#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
test_forward (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  g_autoptr (JsonNode) known = json_from_string (
      "{\"type\": \"image\", \"text\": \"Look\", \"media\": {\"media_id\": \"M1\", \"caption\": \"Look\"}}", NULL);
  g_autoptr (JsonNode) unknown = json_from_string ("{\"type\": \"image\", \"text\": \"Look\", \"media\": {\"media_id\": \"M2\"}}", NULL);
  UlakOutboundTarget target = { .id = "m0", .network_id = "FROM-SOMEBODY", .chat = "15550001111", .from = "15550001111" };
  UlakSendResult *result;

  side_run_sql (bob, "INSERT INTO media (id, reference, created_us, used_us) VALUES ('M1', '" REFERENCE "', 0, 0)");
  target.message = json_node_get_object (known);
  result = side_send_about (bob, "m1", ALICE, "{'to':'" ALICE "','forward':{'message_id':'m0'}}", &target);
  g_assert_cmpstr (result->error_message, ==, NULL);
  ulak_send_result_free (result);
  world_settle (world);
  assert_chat (alice, BOB, BOB "|image|Look");
  g_assert_cmpint (side_count (alice, "media WHERE reference LIKE '%/v/forwarded%'"), ==, 1);

  /* A caption without its picture is not what was asked for. */
  target.message = json_node_get_object (unknown);
  result = side_send_about (bob, "m2", ALICE, "{'to':'" ALICE "','forward':{'message_id':'m0'}}", &target);
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_FAILED);
  g_assert_cmpstr (result->error_code, ==, "E_WA_CONTENT");
  ulak_send_result_free (result);
}

/* Those who may see it are named each time, and get the key once. */
static void
test_status (void)
{
  static const char document[] = "{'to':'status@broadcast','text':{'body':'Holiday'},'recipients':['" BOB "']}";
  g_autoptr (World) world = world_new ();
  Side *phone = world_add (world, ALICE, ALICE_LID, 0);
  Side *alice = world_add (world, ALICE, ALICE_LID, 3);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  Side *carol = world_add (world, CAROL, CAROL_LID, 0);
  const UlakNode *participants;

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *id = g_strdup_printf ("m%u", i);
      g_autoptr (UlakSendResult) result = side_send (alice, id, "status@broadcast", document);

      g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
      g_assert_cmpuint (result->n_recipients, ==, 1);
      world_settle (world);
    }
  participants = ulak_node_get_child (side_find_sent (alice, "message", NULL, NULL), "participants");
  g_assert_cmpuint (ulak_node_count_children (participants), ==, 1);
  g_assert_cmpstr (ulak_node_get_attribute (ulak_node_get_first (participants), "jid"), ==, BOB_LID "@lid");
  g_assert_null (ulak_node_get_first (ulak_node_get_first (participants)));
  assert_chat (bob, "status@broadcast", ALICE "|text|Holiday\n" ALICE "|text|Holiday");
  assert_chat (carol, "status@broadcast", "");
  g_assert_cmpint (side_count (phone, "messages"), ==, 1);
}

/* A chat's timer comes with its messages, and goes with ours. */
static void
test_timer (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 0);
  Side *bob = world_add (world, BOB, BOB_LID, 0);
  Wa__ContextInfo context = WA__CONTEXT_INFO__INIT;
  Wa__ExtendedTextMessage text = WA__EXTENDED_TEXT_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  g_autofree char *id = world_network_id (bob, "m1");
  g_autoptr (GBytes) plain = NULL;

  text.text = (char *) "Gone in a day";
  text.context_info = &context;
  context.has_expiration = context.has_ephemeral_setting_timestamp = TRUE;
  context.expiration = 86400;
  context.ephemeral_setting_timestamp = 1764000000;
  message.extended_text_message = &text;
  plain = ulak_protobuf_pack (&message);
  side_plant (bob, ALICE_LID "@lid", id, plain);
  side_send_text (bob, "m1", ALICE, "not this");
  g_assert_cmpint (side_count (alice, "chat_timers WHERE chat = '" BOB "' AND timer_s = 86400"), ==, 1);
  side_send_text (alice, "m2", BOB, "Ours, too");
  g_assert_cmpint (side_count (bob, "chat_timers WHERE chat = '" ALICE "' AND timer_s = 86400"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chat/conversation/two people write to each other", test_two_people);
  g_test_add_func ("/chat/conversation/all devices of both accounts have it", test_own_devices);
  g_test_add_func ("/chat/conversation/a group by LID", test_group);
  g_test_add_func ("/chat/conversation/a group by phone number", test_group_by_phone);
  g_test_add_func ("/chat/conversation/a member deletes nothing of others, an administrator does", test_deletion_in_group);
  g_test_add_func ("/chat/conversation/devices and members come and go", test_group_changes);
  g_test_add_func ("/chat/conversation/what was damaged is sent again, also after a restart", test_damaged);
  g_test_add_func ("/chat/conversation/what was damaged in a group is sent again to the one", test_damaged_in_group);
  g_test_add_func ("/chat/conversation/a lost session is begun anew", test_session_lost);
  g_test_add_func ("/chat/conversation/a picture is forwarded from where it lies", test_forward);
  g_test_add_func ("/chat/conversation/reading is told, unless it is nobody's business", test_status_of_messages);
  g_test_add_func ("/chat/conversation/edits, reactions and deletions", test_edits_and_reactions);
  g_test_add_func ("/chat/conversation/that a recording was played is told when it was", test_played);
  g_test_add_func ("/chat/conversation/a pin is shown, and does not count as unread", test_pin);
  g_test_add_func ("/chat/conversation/a status goes to those who are named", test_status);
  g_test_add_func ("/chat/conversation/a chat's timer comes and goes with messages", test_timer);
  return g_test_run ();
}
