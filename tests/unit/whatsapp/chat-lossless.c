/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What must neither be lost nor come again for ever: repeats of what was cleaned up, rows that the database refuses, deletions
 * in groups that nobody looked at yet, and what single people can make of tables and states.
 */
#include "chat-world.h"

#include "whatsapp/chat/content-write.h"
#include "whatsapp/session/group-cache.h"

#define ALICE "15550000001"
#define ALICE_LID "100000000000001"
#define BOB "15550000002"
#define BOB_LID "100000000000002"
#define CAROL "15550000003"
#define CAROL_LID "100000000000003"
#define GROUP "120363000000000001"

typedef struct
{
  World *world;
  Side *alice, *bob;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->world = world_new ();
  self->alice = world_add (self->world, ALICE, ALICE_LID, 0);
  self->bob = world_add (self->world, BOB, BOB_LID, 0);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  world_free (self->world);
}

static void
wait_for_tries (Fixture *self)
{
  for (guint i = 0; i < 5; i++)
    world_advance_ms (self->world, 60000);
}

static UlakNode *
last_message (Side *side)
{
  for (guint i = side->got->len; i > 0; i--)
    if (ulak_node_is (g_ptr_array_index (side->got, i - 1), "message"))
      return ulak_node_ref (g_ptr_array_index (side->got, i - 1));
  g_assert_not_reached ();
}

static UlakNode *
first_message (Side *side, const char *network_id)
{
  for (guint i = 0; i < side->got->len; i++)
    {
      const UlakNode *node = g_ptr_array_index (side->got, i);

      if (ulak_node_is (node, "message") && g_strcmp0 (ulak_node_get_attribute (node, "id"), network_id) == 0)
        return ulak_node_ref (node);
    }
  g_assert_not_reached ();
}

/* --- repeats --- */

/* Long after a message was cleaned up its repeat is one: no row, and its author is not asked for it. */
static void
test_repeat_of_cleaned_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) stanza = NULL;

  side_send_text (self->bob, "m1", ALICE, "One");
  stanza = last_message (self->alice);
  side_run_sql (self->alice, "DELETE FROM messages");
  side_restart (self->alice);
  side_give_node (self->alice, stanza);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 0);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "inactive"), ==, 2);
  g_assert_cmpint (side_count (self->alice, "messages"), ==, 0);
}

/* A message that came again as one that can be read is not asked for once more. */
static void
test_repeat_of_unreadable (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->bob, "m1");
  g_autoptr (UlakNode) stanza = NULL;

  side_send_text (self->bob, "m0", ALICE, "Zero");
  side_send_text (self->alice, "a0", BOB, "Yes?");
  self->world->damages = TRUE;
  side_send_text (self->bob, "m1", ALICE, "One");
  assert_chat (self->alice, BOB, BOB "|text|Zero\n" BOB "|text|One");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 1);
  stanza = first_message (self->alice, id);
  side_restart (self->alice);
  side_forget_sent (self->alice);
  side_give_node (self->alice, stanza);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 0);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "inactive"), ==, 1);
}

static void
give_unreadable (Side *side)
{
  side_give (side, "<message id='X' from='" BOB_LID "@lid' t='1764059400' type='text'><enc v='2' type='msg'>330a</enc></message>");
}

/* The author does not answer, and the line dies before it asks its phone: it asks at the next start, and once. */
static void
test_phone_is_asked_after_death (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Side *line = world_add (self->world, ALICE, ALICE_LID, 1);

  give_unreadable (line);
  g_assert_cmpuint (side_count_sent (line, "receipt", "type", "retry"), ==, 1);
  side_forget_sent (line);
  side_restart (line);
  g_assert_cmpuint (side_count_sent (line, "message", "category", "peer"), ==, 0);
  world_advance_ms (self->world, 5000);
  g_assert_cmpuint (side_count_sent (line, "message", "category", "peer"), ==, 1);
  side_disconnect (line);
  side_connect (line);
  world_advance_ms (self->world, 60000);
  g_assert_cmpuint (side_count_sent (line, "message", "category", "peer"), ==, 1);
}

/* Nor is what only the phone has forgotten by a death. */
static void
test_phone_is_asked_for_what_it_has (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Side *line = world_add (self->world, ALICE, ALICE_LID, 1);

  side_give (line, "<message id='X' from='" BOB_LID "@lid' t='1764059400' type='text'><unavailable/></message>");
  side_restart (line);
  world_advance_ms (self->world, 5000);
  g_assert_cmpuint (side_count_sent (line, "message", "category", "peer"), ==, 1);
}

/* The connection is away when the phone is to be asked: it is asked when it is back. */
static void
test_phone_is_asked_when_back (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Side *line = world_add (self->world, ALICE, ALICE_LID, 1);

  give_unreadable (line);
  side_disconnect (line);
  world_advance_ms (self->world, 10000);
  g_assert_cmpuint (side_count_sent (line, "message", "category", "peer"), ==, 0);
  side_connect (line);
  world_advance_ms (self->world, 5000);
  g_assert_cmpuint (side_count_sent (line, "message", "category", "peer"), ==, 1);
}

/* What came again is not asked for at the next start. */
static void
test_phone_is_not_asked_for_what_came (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Side *line = world_add (self->world, ALICE, ALICE_LID, 1);

  side_send_text (self->bob, "m0", ALICE, "Zero");
  side_send_text (line, "a0", BOB, "Yes?");
  self->world->damages = TRUE;
  side_send_text (self->bob, "m1", ALICE, "One");
  assert_chat (line, BOB, BOB "|text|Zero\n" BOB "|text|One");
  side_restart (line);
  world_advance_ms (self->world, 10000);
  g_assert_cmpuint (side_count_sent (line, "message", "category", "peer"), ==, 0);
}

/* A deletion that came damaged leaves no placeholder behind when it has come again. */
static void
test_deletion_came_again (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->bob, "m1");
  g_autofree char *planted = world_network_id (self->bob, "p1");
  g_autoptr (GBytes) plain = NULL;
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;

  side_send_text (self->bob, "m0", ALICE, "Zero");
  side_send_text (self->alice, "a0", BOB, "Yes?");
  side_send_text (self->bob, "m1", ALICE, "One");
  key.id = id;
  key.has_from_me = key.from_me = protocol.has_type = TRUE;
  protocol.type = WA__PROTOCOL_MESSAGE__TYPE__REVOKE;
  protocol.key = &key;
  message.protocol_message = &protocol;
  plain = ulak_protobuf_pack (&message);
  side_plant (self->bob, ALICE_LID "@lid", planted, plain);
  self->world->damages = TRUE;
  side_send_text (self->bob, "p1", ALICE, "not this");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 1);
  assert_chat (self->alice, BOB, BOB "|text|Zero\n" BOB "|revoked|\n" BOB "|revoked|");
}

/* --- what the database does not take --- */

static void
test_kept_whole (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_send_text (self->bob, "m1", ALICE, "One");
  side_run_sql (self->alice, "CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN NEW.type = 'text'"
                             " BEGIN SELECT RAISE (ABORT, 'no'); END");
  side_send_text (self->bob, "m2", ALICE, "Two");
  wait_for_tries (self);
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|unsupported|");
  g_assert_cmpint (side_count (self->alice, "messages WHERE content LIKE '%CgNUd2%'"), ==, 1); /* base64 of the text */
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "inactive"), ==, 2);
  side_run_sql (self->alice, "DROP TRIGGER refuse");
  side_send_text (self->bob, "m3", ALICE, "Three");
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|unsupported|\n" BOB "|text|Three");
}

static void
test_let_go (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_send_text (self->bob, "m1", ALICE, "One");
  side_run_sql (self->alice, "CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN NEW.type <> 'undecryptable'"
                             " BEGIN SELECT RAISE (ABORT, 'no'); END");
  side_send_text (self->bob, "m2", ALICE, "Two");
  wait_for_tries (self);
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|undecryptable|");
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "error", "500"), ==, 1);
  side_run_sql (self->alice, "DROP TRIGGER refuse");
  side_send_text (self->bob, "m3", ALICE, "Three");
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|undecryptable|\n" BOB "|text|Three");
}

/* A database that takes nothing leaves the message with the server. */
static void
test_nothing_taken (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) stanza = NULL;

  side_send_text (self->bob, "m1", ALICE, "One");
  side_run_sql (self->alice, "CREATE TRIGGER refuse BEFORE INSERT ON messages BEGIN SELECT RAISE (ABORT, 'no'); END");
  side_forget_sent (self->alice);
  side_send_text (self->bob, "m2", ALICE, "Two");
  stanza = last_message (self->alice);
  wait_for_tries (self);
  g_assert_cmpuint (self->alice->sent->len, ==, 0);
  side_run_sql (self->alice, "DROP TRIGGER refuse");
  side_restart (self->alice);
  side_give_node (self->alice, stanza);
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|text|Two");
}

static void
test_notification_let_go (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_run_sql (self->alice, "CREATE TRIGGER refuse BEFORE INSERT ON privacy_tokens BEGIN SELECT RAISE (ABORT, 'no'); END");
  side_give (self->alice, "<notification id='n1' type='privacy_token' from='" BOB_LID "@lid' t='1'><tokens>"
                          "<token type='trusted_contact' t='1764059400'>0102</token></tokens></notification>");
  wait_for_tries (self);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "error", "500"), ==, 1);
}

/* --- groups --- */

/* The first thing that is heard of a group may be what its administrator deletes. */
static void
test_deletion_in_unknown_group (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, CAROL, NULL };
  Side *carol = world_add (self->world, CAROL, CAROL_LID, 0);
  g_autofree char *id = world_network_id (self->bob, "m1");
  g_autofree char *planted = world_network_id (self->alice, "p1");
  g_autoptr (GBytes) plain = NULL;
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;

  world_add_group (self->world, GROUP, TRUE, users);
  side_send_text (self->bob, "m1", GROUP "@g.us", "Mine");
  assert_chat (carol, GROUP "@g.us", BOB "|text|Mine");
  g_assert_cmpint (side_count (carol, "groups"), ==, 0);
  key.remote_jid = (char *) GROUP "@g.us";
  key.id = id;
  key.participant = (char *) BOB_LID "@lid";
  key.has_from_me = protocol.has_type = TRUE;
  protocol.type = WA__PROTOCOL_MESSAGE__TYPE__REVOKE;
  protocol.key = &key;
  message.protocol_message = &protocol;
  plain = ulak_protobuf_pack (&message);
  side_plant (self->alice, GROUP "@g.us", planted, plain);
  side_send_text (self->alice, "p1", GROUP "@g.us", "not this");
  assert_chat (carol, GROUP "@g.us", BOB "|revoked|");
  g_assert_cmpuint (side_count_sent (carol, "receipt", "type", "inactive"), ==, 2);
  g_assert_cmpuint (side_count_sent (carol, "receipt", "type", "retry"), ==, 0);
}

/* One member more than a group may have is no reason to be told of it for ever. */
static void
test_group_over_limit (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  g_autofree char *fill = g_strdup_printf (
      "INSERT INTO peers (phone, seen_us) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT %d)"
      " SELECT 1000000 + i, 1 FROM n",
      ULAK_GROUP_CACHE_MAX_MEMBERS);

  world_add_group (self->world, GROUP, TRUE, users);
  side_send_text (self->alice, "m1", GROUP "@g.us", "Hello");
  side_run_sql (self->alice, fill);
  side_run_sql (self->alice, "INSERT OR IGNORE INTO group_members (group_jid, peer, rank) SELECT '" GROUP "@g.us', id, 0 FROM peers WHERE phone > 1000000");
  side_forget_sent (self->alice);
  side_give (self->alice, "<notification id='n1' type='w:gp2' from='" GROUP "@g.us' participant='" BOB_LID "@lid' t='1'><add>"
                          "<participant jid='" CAROL_LID "@lid'/></add></notification>");
  wait_for_tries (self);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "type", "w:gp2"), ==, 1);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "error", "500"), ==, 0);
  g_assert_cmpint (side_count (self->alice, "groups WHERE is_stale = 1"), ==, 1);
}

/* --- stanzas of which only the beginning could be read --- */

static void
test_heads (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  const UlakNode *receipt;

  world_add_group (self->world, GROUP, TRUE, users);
  side_send_text (self->alice, "m1", GROUP "@g.us", "Hello");
  side_forget_sent (self->alice);
  side_give (self->alice, "<message id='X' from='" BOB_LID "@lid' t='1764059400' type='text'/>");
  assert_chat (self->alice, BOB, BOB "|undecryptable|");
  receipt = side_find_sent (self->alice, "receipt", "type", "retry");
  g_assert_nonnull (receipt);
  g_assert_nonnull (ulak_node_get_child (receipt, "keys"));
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "message"), ==, 1);
  side_give (self->alice, "<notification id='n1' type='w:gp2' from='" GROUP "@g.us' t='1'/>");
  g_assert_cmpint (side_count (self->alice, "groups WHERE is_stale = 1"), ==, 1);
  g_assert_cmpint (side_count (self->alice, "device_lists WHERE fetched_us > 0"), ==, 1);
  side_give (self->alice, "<notification id='n2' type='devices' from='" BOB_LID "@lid' t='1'/>");
  g_assert_cmpint (side_count (self->alice, "device_lists WHERE fetched_us > 0"), ==, 0);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "notification"), ==, 2);
}

/* --- what single people may say --- */

/* Receipts for messages that nobody knows are kept for a day, and no more of them than there may be. */
static void
test_receipts_for_nothing (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_give (self->alice, "<receipt id='N1' from='" BOB_LID "@lid' t='1764059400'/>");
  g_assert_cmpint (side_count (self->alice, "early_statuses"), ==, 1);
  side_run_sql (self->alice, "INSERT INTO early_statuses (sequence, network_id, status, timestamp_us, stored_us)"
                             " VALUES (200000, 'N2', 'delivered', 1, 1)");
  side_give (self->alice, "<receipt id='N3' from='" BOB_LID "@lid' t='1764059400'/>");
  g_assert_cmpint (side_count (self->alice, "early_statuses"), ==, 2);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "receipt"), ==, 2);
}

/* Ids are chosen by senders, also those of the messages that they act on. */
static void
test_long_ids (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = g_strnfill (257, 'A');
  g_autofree char *stanza = g_strdup_printf ("<message id='%s' from='" BOB_LID "@lid' t='1764059400' type='text'/>", id);
  g_autofree char *planted = world_network_id (self->bob, "p1");
  g_autoptr (GBytes) plain = NULL;
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;

  side_give (self->alice, stanza);
  g_assert_cmpint (side_count (self->alice, "messages"), ==, 0);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "error", "487"), ==, 1);
  key.id = id;
  key.has_from_me = key.from_me = protocol.has_type = TRUE;
  protocol.type = WA__PROTOCOL_MESSAGE__TYPE__REVOKE;
  protocol.key = &key;
  message.protocol_message = &protocol;
  plain = ulak_protobuf_pack (&message);
  side_plant (self->bob, ALICE_LID "@lid", planted, plain);
  side_send_text (self->bob, "p1", ALICE, "not this");
  assert_chat (self->alice, BOB, BOB "|unsupported|");
}

/* What a bot says is sealed for somebody else: it is shown that there was something, and nobody is asked. */
static void
test_bot (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_give (self->alice, "<message id='B1' from='867051314767696@bot' t='1764059400' type='text'>"
                          "<enc v='2' type='msmsg'>0102</enc></message>");
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "error", "495"), ==, 1);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", NULL, NULL), ==, 0);
  g_assert_cmpint (side_count (self->alice, "messages WHERE type = 'undecryptable'"), ==, 1);
}

/* The first message of somebody to Alice, sealed for her, in a stanza of another sender and format. */
static char *
take_sealed (Fixture *self, const char *id, const char *from, const char *version)
{
  g_autoptr (UlakNode) stanza = NULL;
  g_autoptr (GString) hex = g_string_new (NULL);
  const guint8 *bytes;
  gsize size_bytes;

  side_disconnect (self->alice);
  side_send_text (self->bob, id, ALICE, "From far away");
  world_settle (self->world);
  g_assert_cmpuint (self->alice->inbox->len, ==, 1);
  stanza = g_ptr_array_steal_index (self->alice->inbox, 0);
  side_connect (self->alice);
  bytes = ulak_node_get_bytes (ulak_node_get_child (stanza, "enc"), &size_bytes);
  for (gsize i = 0; i < size_bytes; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  return g_strdup_printf ("<message id='%s' from='%s' t='1764059400' type='text'><enc v='%s' type='pkmsg'>%s</enc></message>", id, from,
                          version, hex->str);
}

/* Networks that nobody here knows: what can be read is shown, what is of another format is kept with its bytes, what cannot be
 * decrypted is a placeholder, and each gets the answer that any other sender would. */
static void
test_other_networks (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *readable = take_sealed (self, "m1", "7-777@interop", "2");
  g_autofree char *other = take_sealed (self, "m2", "888@msgr", "3");
  const UlakNode *receipt, *ack;

  side_forget_sent (self->alice);
  side_give (self->alice, readable);
  assert_chat (self->alice, "7-777@interop", "7-777@interop|text|From far away");
  receipt = side_find_sent (self->alice, "receipt", "id", "m1");
  g_assert_cmpstr (ulak_node_get_attribute (receipt, "to"), ==, "7-777@interop");
  g_assert_cmpstr (ulak_node_get_attribute (receipt, "type"), ==, "inactive");

  side_give (self->alice, other);
  assert_chat (self->alice, "888@msgr", "888@msgr|unsupported|");
  g_assert_cmpint (side_count (self->alice, "messages WHERE chat = '888@msgr' AND content LIKE '%\"version\":3%'"), ==, 1);
  g_assert_nonnull (side_find_sent (self->alice, "receipt", "id", "m2"));

  side_give (self->alice, "<message id='m3' from='somebody@example.org' t='1764059400' type='text'><enc v='2' type='msg'>0102</enc></message>");
  assert_chat (self->alice, "somebody@example.org", "somebody@example.org|undecryptable|");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 1);
  ack = side_find_sent (self->alice, "ack", "id", "m3");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "class"), ==, "message");
  g_assert_null (ulak_node_get_attribute (ack, "error"));
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "error", "487"), ==, 0);
  side_give (self->alice, "<receipt id='R1' from='7-777:5@interop' t='1764059400'/>");
  g_assert_nonnull (side_find_sent (self->alice, "ack", "id", "R1"));
}

#define ADD(name, func) g_test_add ("/chat/lossless/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a repeat of what was cleaned up stays silent", test_repeat_of_cleaned_up);
  ADD ("a repeat of what came again readable stays silent", test_repeat_of_unreadable);
  ADD ("the phone is asked at the next start when the line died before it did", test_phone_is_asked_after_death);
  ADD ("the phone is asked at the next start for what only it has", test_phone_is_asked_for_what_it_has);
  ADD ("the phone is asked when the connection is back", test_phone_is_asked_when_back);
  ADD ("the phone is not asked for what came", test_phone_is_not_asked_for_what_came);
  ADD ("a deletion that came again leaves no placeholder", test_deletion_came_again);
  ADD ("a message that has no row as it is has one with its bytes", test_kept_whole);
  ADD ("a message that can have no row at all is a placeholder", test_let_go);
  ADD ("a message is not answered when nothing of it can be written", test_nothing_taken);
  ADD ("a notification that cannot be stored does not come for ever", test_notification_let_go);
  ADD ("an administrator may delete in a group that is not known yet", test_deletion_in_unknown_group);
  ADD ("a group over the limit does not hold the line up", test_group_over_limit);
  ADD ("what came without its content is asked for, or makes old what is here", test_heads);
  ADD ("receipts for nothing are bounded", test_receipts_for_nothing);
  ADD ("ids that are none are not kept", test_long_ids);
  ADD ("what bots say is a placeholder", test_bot);
  ADD ("what comes from other networks is kept", test_other_networks);
  return g_test_run ();
}
