/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Senders who lie, a server that repeats and reorders, and a disk that fails in the middle.
 */
#include "chat-world.h"

#include "whatsapp/chat/content-write.h"

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
  world_history_notes = world_key_shares = 0;
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  world_free (self->world);
}

/* The last stanza of a tag that a side got. */
static const UlakNode *
last_got (Side *side, const char *tag)
{
  for (guint i = side->got->len; i > 0; i--)
    if (ulak_node_is (g_ptr_array_index (side->got, i - 1), tag))
      return g_ptr_array_index (side->got, i - 1);
  g_assert_not_reached ();
}

/* --- a plaintext of our own making, sent as a message: the sent table is what a send finds first --- */

static void
plant (Side *side, const char *id, const char *chat_jid, const Wa__Message *message)
{
  g_autofree char *network_id = world_network_id (side, id);
  g_autoptr (GBytes) plain = ulak_protobuf_pack (message);

  side_plant (side, chat_jid, network_id, plain);
}

static void
send_planted (Side *side, const char *id, const char *chat_jid, const char *chat, const Wa__Message *message)
{
  plant (side, id, chat_jid, message);
  side_send_text (side, id, chat, "not this");
}

/* --- lies --- */

static void
test_foreign_protocol (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  static const Wa__ProtocolMessage__Type types[] = {
    WA__PROTOCOL_MESSAGE__TYPE__HISTORY_SYNC_NOTIFICATION,
    WA__PROTOCOL_MESSAGE__TYPE__APP_STATE_SYNC_KEY_SHARE,
    WA__PROTOCOL_MESSAGE__TYPE__LID_MIGRATION_MAPPING_SYNC,
    WA__PROTOCOL_MESSAGE__TYPE__PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
  };
  Wa__HistorySyncNotification history = WA__HISTORY_SYNC_NOTIFICATION__INIT;
  Wa__AppStateSyncKeyShare share = WA__APP_STATE_SYNC_KEY_SHARE__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  protocol.has_type = TRUE;
  protocol.history_sync_notification = &history;
  protocol.app_state_sync_key_share = &share;
  message.protocol_message = &protocol;
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *id = g_strdup_printf ("p%" G_GSIZE_FORMAT, i);

      protocol.type = types[i];
      send_planted (self->bob, id, ALICE_LID "@lid", ALICE, &message);
    }
  g_assert_cmpuint (world_history_notes, ==, 0);
  g_assert_cmpuint (world_key_shares, ==, 0);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "hist_sync"), ==, 0);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "inactive"), ==, G_N_ELEMENTS (types));
}

/* From our own phone they count, from our own companion they do not. */
static void
test_own_protocol (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Side *companion = world_add (self->world, ALICE, ALICE_LID, 5);
  Wa__AppStateSyncKeyShare share = WA__APP_STATE_SYNC_KEY_SHARE__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  g_autoptr (GBytes) packed = NULL;

  protocol.has_type = TRUE;
  protocol.type = WA__PROTOCOL_MESSAGE__TYPE__APP_STATE_SYNC_KEY_SHARE;
  protocol.app_state_sync_key_share = &share;
  message.protocol_message = &protocol;
  packed = ulak_protobuf_pack (&message);
  send_planted (companion, "p1", BOB_LID "@lid", BOB, &message);
  g_assert_cmpuint (world_key_shares, ==, 0);
  side_send_peer (companion, packed);
  g_assert_cmpuint (world_key_shares, ==, 0);
  g_assert_nonnull (side_find_sent (self->alice, "receipt", "type", "peer_msg"));
  side_send_text (self->alice, "m1", BOB, "so that the phone knows its companion");
  side_send_peer_to (self->alice, companion, packed);
  g_assert_cmpuint (world_key_shares, ==, 1);
  g_assert_nonnull (side_find_sent (companion, "receipt", "type", "peer_msg"));
}

static void
test_foreign_device_sent (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Wa__Message inner = WA__MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  Wa__DeviceSentMessage sent = WA__DEVICE_SENT_MESSAGE__INIT;

  inner.conversation = (char *) "I said this";
  sent.destination_jid = (char *) CAROL "@s.whatsapp.net";
  sent.message = &inner;
  message.device_sent_message = &sent;
  send_planted (self->bob, "p1", ALICE_LID "@lid", ALICE, &message);
  g_assert_cmpint (side_count (self->alice, "messages"), ==, 0);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", NULL, NULL), ==, 1);
}

static UlakNode *
send_and_redirect (Fixture *self, Side *companion, const char *id, const char *document, const char *recipient)
{
  g_autofree char *first = world_network_id (companion, "m1");
  const UlakOutboundTarget target = { .network_id = first, .chat = BOB };
  g_autoptr (UlakSendResult) result = NULL;

  side_disconnect (self->alice);
  result = side_send_about (companion, id, BOB, document, strstr (document, "revoke") == NULL ? NULL : &target);
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
  world_settle (self->world);
  g_assert_cmpuint (self->alice->inbox->len, ==, 1);
  return side_redirect (self->alice, recipient);
}

/* The server may say of a copy of an own message what it likes: the device that wrote it says where it went. */
static void
test_redirected_copy (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Side *companion = world_add (self->world, ALICE, ALICE_LID, 5);
  g_autoptr (UlakNode) stanza = NULL, equal = NULL, deletion = NULL;
  const UlakNode *receipt;

  side_send_text (world_add (self->world, CAROL, CAROL_LID, 0), "m0", ALICE, "Hello");
  side_send_text (companion, "m1", BOB, "Hello Bob");
  assert_chat (self->alice, BOB, "-|text|Hello Bob");

  stanza = send_and_redirect (self, companion, "m2", "{'to':'" BOB "','text':{'body':'For Bob'}}", CAROL_LID "@lid");
  side_connect (self->alice);
  side_forget_sent (self->alice);
  side_give_node (self->alice, stanza);
  assert_chat (self->alice, CAROL, CAROL "|text|Hello");
  assert_chat (self->alice, BOB, "-|text|Hello Bob\n-|text|For Bob");
  receipt = side_find_sent (self->alice, "receipt", "type", "sender"); /* to the stanza as it came */
  g_assert_cmpstr (ulak_node_get_attribute (receipt, "recipient"), ==, CAROL_LID "@lid");
  side_give_node (self->alice, stanza);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "sender"), ==, 2); /* a repeat */
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 0);

  equal = send_and_redirect (self, companion, "m3", "{'to':'" BOB "','text':{'body':'By number'}}", BOB "@s.whatsapp.net");
  side_connect (self->alice);
  side_give_node (self->alice, equal);
  assert_chat (self->alice, BOB, "-|text|Hello Bob\n-|text|For Bob\n-|text|By number");

  deletion = send_and_redirect (self, companion, "m4", "{'to':'" BOB "','revoke':{'message_id':'m1'}}", CAROL_LID "@lid");
  side_connect (self->alice);
  side_give_node (self->alice, deletion);
  assert_chat (self->alice, BOB, "-|revoked|\n-|text|For Bob\n-|text|By number");
  assert_chat (self->alice, CAROL, CAROL "|text|Hello");
  g_assert_cmpint (side_count (self->alice, "messages"), ==, 4);
}

static char *
write_copy (const char *id, const char *type, const char *hex)
{
  return g_strdup_printf ("<message id='%s' from='" ALICE_LID ":5@lid' recipient='" CAROL_LID "@lid' t='1764059400' type='text'>"
                          "<enc v='2' type='%s' count='1'>%s</enc></message>",
                          id, type, hex);
}

/* What could not be read stood in the chat that the server named; what comes when it was asked for goes where it belongs. */
static void
test_redirected_placeholder (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Side *companion = world_add (self->world, ALICE, ALICE_LID, 5);
  g_autoptr (UlakNode) stanza = NULL;
  g_autoptr (GString) hex = g_string_new (NULL);
  g_autofree char *id = world_network_id (companion, "m1"), *garbage = NULL, *again = NULL;
  const UlakNode *enc;
  const guint8 *bytes;
  gsize size_bytes;

  world_add (self->world, CAROL, CAROL_LID, 0);
  side_send_text (companion, "m0", BOB, "so that there is a session");
  side_send_text (self->alice, "a0", BOB, "on both sides");
  stanza = send_and_redirect (self, companion, "m1", "{'to':'" BOB "','text':{'body':'For Bob'}}", CAROL_LID "@lid");
  side_connect (self->alice);
  garbage = write_copy (id, "msg", "0102");
  side_give (self->alice, garbage);
  assert_chat (self->alice, CAROL_LID "@lid", "-|undecryptable|");
  enc = ulak_node_get_child (stanza, "enc");
  bytes = ulak_node_get_bytes (enc, &size_bytes);
  for (gsize i = 0; i < size_bytes; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  again = write_copy (id, ulak_node_get_attribute (enc, "type"), hex->str);
  side_give (self->alice, again);
  assert_chat (self->alice, CAROL_LID "@lid", "-|revoked|");
  assert_chat (self->alice, BOB, "-|text|so that there is a session\n-|text|For Bob");
}

static void
test_foreign_edit (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->alice, "m1");
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__Message edited = WA__MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;
  static const Wa__ProtocolMessage__Type types[]
      = { WA__PROTOCOL_MESSAGE__TYPE__MESSAGE_EDIT, WA__PROTOCOL_MESSAGE__TYPE__REVOKE };

  world_add (self->world, ALICE, ALICE_LID, 5);
  side_send_text (self->alice, "m1", BOB, "Mine");
  key.remote_jid = (char *) BOB_LID "@lid";
  key.id = id;
  key.has_from_me = protocol.has_type = TRUE;
  edited.conversation = (char *) "Not mine";
  protocol.key = &key;
  protocol.edited_message = &edited;
  message.protocol_message = &protocol;
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *planted = g_strdup_printf ("p%u", i);

      protocol.type = types[i % 2];
      key.from_me = i >= 2; /* "of mine": then it can only be about a message of theirs with the same id */
      send_planted (self->bob, planted, ALICE_LID "@lid", ALICE, &message);
    }
  assert_chat (g_ptr_array_index (self->world->sides, 2), BOB, "-|text|Mine\n" BOB "|revoked|");
}

/* A clock that is ahead by ages would keep every later edit out. */
static void
test_edit_of_the_future (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->bob, "m1");
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__Message edited = WA__MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;

  side_send_text (self->bob, "m1", ALICE, "Wrong");
  key.id = id;
  key.has_from_me = protocol.has_type = protocol.has_timestamp_ms = TRUE;
  key.from_me = TRUE;
  edited.conversation = (char *) "Right";
  protocol.type = WA__PROTOCOL_MESSAGE__TYPE__MESSAGE_EDIT;
  protocol.timestamp_ms = G_MAXINT64;
  protocol.key = &key;
  protocol.edited_message = &edited;
  message.protocol_message = &protocol;
  world_advance_ms (self->world, 1000);
  send_planted (self->bob, "p1", ALICE_LID "@lid", ALICE, &message);
  assert_chat (self->alice, BOB, BOB "|text|Right");
  g_assert_cmpint (side_count (self->alice, "messages WHERE edited_us > timestamp_us AND edited_us < 2 * timestamp_us"), ==, 1);
}

static void
test_revoke_in_group (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, CAROL, NULL };
  Side *carol = world_add (self->world, CAROL, CAROL_LID, 0);
  g_autofree char *id = world_network_id (self->bob, "m1");
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;

  world_add_group (self->world, GROUP, TRUE, users);
  side_send_text (self->bob, "m1", GROUP "@g.us", "Mine");
  side_send_text (carol, "m2", GROUP "@g.us", "Mine, too");
  key.remote_jid = (char *) GROUP "@g.us";
  key.id = id;
  key.participant = (char *) BOB_LID "@lid";
  key.has_from_me = protocol.has_type = TRUE;
  protocol.type = WA__PROTOCOL_MESSAGE__TYPE__REVOKE;
  protocol.key = &key;
  message.protocol_message = &protocol;
  send_planted (carol, "p1", GROUP "@g.us", GROUP "@g.us", &message);
  assert_chat (self->alice, GROUP "@g.us", BOB "|text|Mine\n" CAROL "|text|Mine, too");
  send_planted (self->alice, "p2", GROUP "@g.us", GROUP "@g.us", &message);
  assert_chat (carol, GROUP "@g.us", BOB "|revoked|");
}

/* A member may not give a sender key for another chat. */
static void
test_sender_key_elsewhere (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Wa__SenderKeyDistributionMessage key = WA__SENDER_KEY_DISTRIBUTION_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  key.group_id = (char *) GROUP "@g.us";
  key.has_axolotl_sender_key_distribution_message = TRUE;
  key.axolotl_sender_key_distribution_message = (ProtobufCBinaryData){ 4, (guint8 *) "\x33\x08\x01\x10" };
  message.sender_key_distribution_message = &key;
  message.conversation = (char *) "with a key";
  send_planted (self->bob, "p1", ALICE_LID "@lid", ALICE, &message);
  g_assert_cmpint (side_count (self->alice, "sender_keys"), ==, 0);
  assert_chat (self->alice, BOB, BOB "|text|with a key");
}

/* What is no Message at all is kept whole, and acknowledged. */
static void
test_garbage (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->bob, "p1");
  g_autoptr (GBytes) plain = g_bytes_new_static ("\xff\xff\xff\xff garbage", 12);

  side_plant (self->bob, ALICE_LID "@lid", id, plain);
  side_send_text (self->bob, "p1", ALICE, "not this");
  assert_chat (self->alice, BOB, BOB "|unsupported|");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "inactive"), ==, 1);
}

/* --- the server --- */

static void
test_repeats (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *events = NULL;

  side_send_text (self->bob, "m1", ALICE, "One");
  side_send_text (self->bob, "m2", ALICE, "Two");
  for (guint i = 0; i < 3; i++)
    {
      side_give_node (self->alice, last_got (self->alice, "message"));
      side_restart (self->alice);
    }
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|text|Two");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "inactive"), ==, 5);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 0);
  events = side_events (self->alice);
  g_assert_cmpstr (events, ==, "message.received message.received");
}

/* What leaves no row of its own is a repeat all the same. */
static void
test_repeated_edits (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *network_id = world_network_id (self->bob, "m1");
  const UlakOutboundTarget target = { .id = "m1", .network_id = network_id, .chat = ALICE };
  g_autoptr (UlakSendResult) result = NULL;

  side_send_text (self->bob, "m1", ALICE, "Befor");
  result = side_send_about (self->bob, "m2", ALICE, "{'to':'" ALICE "','edit':{'message_id':'m1','text':'Before'}}", &target);
  side_give_node (self->alice, last_got (self->alice, "message"));
  side_restart (self->alice);
  side_give_node (self->alice, last_got (self->alice, "message"));
  assert_chat (self->alice, BOB, BOB "|text|Before");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 0);
}

/* An author who loses what became of its session writes the next message with the key of the last. */
static void
test_key_used_twice (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_send_text (self->bob, "m1", ALICE, "One");
  side_send_text (self->alice, "a1", BOB, "Yes?");
  side_run_sql (self->bob, "INSERT INTO sessions SELECT peer, device, 7, record, changed_us FROM sessions WHERE slot = 0");
  side_send_text (self->bob, "m2", ALICE, "Two");
  side_run_sql (self->bob, "DELETE FROM sessions WHERE slot = 0");
  side_run_sql (self->bob, "UPDATE sessions SET slot = 0 WHERE slot = 7");
  side_send_text (self->bob, "m3", ALICE, "Three");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 1);
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|text|Two\n" BOB "|text|Three");
}

static void
test_reordered (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) late = NULL;

  side_send_text (self->bob, "m0", ALICE, "0");
  side_send_text (self->alice, "a0", BOB, "0");
  side_disconnect (self->alice);
  for (guint i = 1; i <= 5; i++)
    {
      g_autofree char *id = g_strdup_printf ("m%u", i);
      g_autofree char *text = g_strdup_printf ("%u", i);

      side_send_text (self->bob, id, ALICE, text);
    }
  late = g_steal_pointer (&self->alice->inbox);
  self->alice->inbox = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  side_connect (self->alice);
  for (guint i = late->len; i > 0; i--)
    side_give_node (self->alice, g_ptr_array_index (late, i - 1));
  g_assert_cmpint (side_count (self->alice, "messages WHERE type = 'text'"), ==, 6);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 0);
}

static const char *const wrong[] = {
  "<message id='w1' t='1'/>",
  "<message id='w2' from='x y' t='1'/>",
  "<message id='w3' from='" GROUP "@g.us' t='1'/>",
  "<message id='w4' from='" BOB_LID "@lid' recipient='" CAROL_LID "@lid' t='1'/>",
};

/* Only our own devices say something that is about no chat: what somebody else says so is shown like any other. */
static void
test_foreign_peer_message (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_give (self->alice, "<message id='X' from='" BOB_LID "@lid' t='1764059400' type='text' category='peer'>"
                          "<enc v='2' type='msg'>00</enc></message>");
  assert_chat (self->alice, BOB_LID "@lid", BOB_LID "@lid|undecryptable|");
}

static void
test_wrong_stanzas (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_forget_sent (self->alice);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    side_give (self->alice, wrong[i]);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "error", "487"), ==, G_N_ELEMENTS (wrong) - 1);
  g_assert_cmpint (side_count (self->alice, "messages"), ==, 0);
}

/* Asked at most five times, and with keys from the second time on; the row stays a placeholder. */
static void
test_never_readable (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const UlakNode *receipt;

  for (guint i = 1; i <= 7; i++)
    {
      side_forget_sent (self->alice);
      side_give (self->alice, "<message id='X' from='" BOB_LID "@lid' t='1764059400' type='text'>"
                              "<enc v='2' type='msg'>330a</enc></message>");
      receipt = side_find_sent (self->alice, "receipt", "type", "retry");
      g_assert_cmpint (receipt != NULL, ==, i <= 5);
      g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "message"), ==, 1);
      if (receipt != NULL)
        g_assert_cmpint (ulak_node_get_child (receipt, "keys") != NULL, ==, i >= 2);
    }
  assert_chat (self->alice, BOB_LID "@lid", BOB_LID "@lid|undecryptable|");
}

static void
test_hidden_failure (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_give (self->alice, "<message id='X' from='" BOB_LID "@lid' t='1764059400' type='reaction'>"
                          "<enc v='2' type='msg' decrypt-fail='hide'>330a</enc></message>");
  g_assert_cmpint (side_count (self->alice, "messages"), ==, 0);
  g_assert_nonnull (side_find_sent (self->alice, "receipt", "type", "retry"));
}

static void
test_unavailable (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_give (self->alice, "<message id='X' from='" BOB_LID "@lid' t='1764059400' type='text'><unavailable type='view_once'/></message>");
  assert_chat (self->alice, BOB_LID "@lid", BOB_LID "@lid|undecryptable|");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", NULL, NULL), ==, 0);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "message"), ==, 1);
}

/* --- the disk --- */

/* The commit fails after everything was decrypted: nothing is acknowledged, nothing is lost, and the ratchet is where it was. */
static void
test_broken_commit (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  side_send_text (self->bob, "m1", ALICE, "One");
  side_send_text (self->alice, "a1", BOB, "One");
  side_forget_sent (self->alice);
  self->alice->break_commits = 2;
  side_send_text (self->bob, "m2", ALICE, "Two");
  side_send_text (self->bob, "m3", ALICE, "Three");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", NULL, NULL), ==, 0);
  assert_chat (self->alice, BOB, BOB "|text|One");
  world_advance_ms (self->world, 60000);
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|text|Two\n" BOB "|text|Three");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "inactive"), ==, 2);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "retry"), ==, 0);
}

/* The same, and the connection goes meanwhile: the server gives the stanzas again. */
static void
test_broken_and_cut (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) again = NULL;

  side_send_text (self->bob, "m1", ALICE, "One");
  side_forget_sent (self->alice);
  self->alice->break_commits = 1;
  side_send_text (self->bob, "m2", ALICE, "Two");
  again = ulak_node_ref (last_got (self->alice, "message"));
  side_restart (self->alice);
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", NULL, NULL), ==, 0);
  side_give_node (self->alice, again);
  assert_chat (self->alice, BOB, BOB "|text|One\n" BOB "|text|Two");
  g_assert_cmpuint (side_count_sent (self->alice, "receipt", "type", "inactive"), ==, 1);
}

/* Answers keep the order of the stanzas, whichever commit came first. */
static void
test_order (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const UlakNode *first, *second;

  side_forget_sent (self->alice);
  self->alice->fail_commits = 1;
  side_give (self->alice, "<notification id='n1' type='devices' from='" BOB "@s.whatsapp.net' t='1'/>");
  side_give (self->alice, "<notification id='n2' type='devices' from='" BOB "@s.whatsapp.net' t='1'/>");
  side_give (self->alice, "<notification id='n3' type='psa' from='s.whatsapp.net' t='1'/>");
  g_assert_cmpuint (self->alice->sent->len, ==, 0);
  world_advance_ms (self->world, 60000);
  g_assert_cmpuint (self->alice->sent->len, ==, 3);
  first = g_ptr_array_index (self->alice->sent, 0);
  second = g_ptr_array_index (self->alice->sent, 1);
  g_assert_cmpstr (ulak_node_get_attribute (first, "id"), ==, "n1");
  g_assert_cmpstr (ulak_node_get_attribute (second, "id"), ==, "n2");
}

/* Stanzas of a connection that is gone are stored, and not answered on the next one. */
static void
test_other_connection (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) stanza = world_parse ("<notification id='n1' type='devices' from='" BOB "@s.whatsapp.net' t='1'/>");

  side_forget_sent (self->alice);
  ulak_chat_take_stanza (self->alice->chat, stanza);
  side_disconnect (self->alice);
  side_connect (self->alice);
  g_assert_cmpuint (self->alice->sent->len, ==, 0);
}

/* --- retries of others --- */

/* inside: children of the receipt. Returns how many messages left. */
static guint
ask_again (Fixture *self, const char *network_id, const char *from, const char *inside)
{
  g_autofree char *xml = g_strdup_printf ("<receipt id='%s' type='retry' from='%s' t='1'>%s</receipt>", network_id,
                                          from, inside);

  side_forget_sent (self->alice);
  side_give (self->alice, xml);
  g_assert_cmpuint (side_count_sent (self->alice, "ack", "class", "receipt"), >=, 1);
  return side_count_sent (self->alice, "message", NULL, NULL);
}

static void
test_retries_refused (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = world_network_id (self->alice, "m1");

  world_add (self->world, CAROL, CAROL_LID, 0);
  side_send_text (self->alice, "m1", BOB, "One");
  g_assert_cmpuint (ask_again (self, id, CAROL_LID "@lid", "<retry count='1' id='X' t='1'/>"), ==, 0);
  g_assert_cmpuint (ask_again (self, id, BOB_LID ":77@lid", "<retry count='1' id='X' t='1'/>"), ==, 0);
  g_assert_cmpuint (ask_again (self, id, BOB_LID "@lid", "<retry count='5' id='X' t='1'/>"), ==, 0);
  g_assert_cmpuint (ask_again (self, "UNKNOWN", BOB_LID "@lid", "<retry count='1' id='X' t='1'/>"), ==, 0);
  g_assert_cmpuint (ask_again (self, id, BOB_LID "@lid", ""), ==, 0);
  g_assert_cmpuint (ask_again (self, id, BOB_LID "@lid", "<retry count='1' id='X' t='1'/>"), ==, 1);
  for (guint i = 0; i < 15; i++)
    ask_again (self, id, BOB_LID "@lid", "<retry count='1' id='X' t='1'/>");
  g_assert_cmpuint (ask_again (self, id, BOB_LID "@lid", "<retry count='1' id='X' t='1'/>"), ==, 0);
}

/* Whoever was not named gets no status, whatever id they know. */
static void
test_status_refused (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const users[] = { CAROL_LID, BOB_LID };
  g_autofree char *id = world_network_id (self->alice, "m1");
  g_autoptr (UlakSendResult) result = NULL;

  world_add (self->world, CAROL, CAROL_LID, 0);
  result = side_send (self->alice, "m1", "status@broadcast",
                      "{'to':'status@broadcast','text':{'body':'Holiday'},'recipients':['" BOB "']}");
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    {
      g_autofree char *from = g_strdup_printf ("status@broadcast' participant='%s@lid", users[i]);

      g_assert_cmpuint (ask_again (self, id, from, "<retry count='1' id='X' t='1'/>"), ==, i);
    }
}

static guint
ask_in_group (Fixture *self, const char *network_id, const char *who)
{
  g_autofree char *from = g_strdup_printf (GROUP "@g.us' participant='%s@lid", who);

  return ask_again (self, network_id, from, "<retry count='1' id='X' t='1'/>");
}

static gint64
now_s (Fixture *self)
{
  return ulak_clock_get_wall_us (ULAK_CLOCK (self->world->clock)) / G_USEC_PER_SEC;
}

static void
send_to_group (Fixture *self, const char *id, char **network_id_out)
{
  side_send_text (self->alice, id, GROUP "@g.us", id);
  *network_id_out = world_network_id (self->alice, id);
}

/* What was sent before somebody joined is not for them, whatever ids they know; later devices of those who were there may
 * have it. */
static void
test_late_joiner (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  WorldGroup *group = world_add_group (self->world, GROUP, TRUE, users);
  g_autofree char *before = NULL, *after = NULL, *join = NULL;

  world_add (self->world, CAROL, CAROL_LID, 0);
  send_to_group (self, "m1", &before);
  g_assert_cmpuint (ask_in_group (self, before, CAROL_LID), ==, 0); /* not in the group at all */
  world_advance_ms (self->world, 2000);
  g_ptr_array_add (group->accounts, g_strdup (CAROL));
  join = g_strdup_printf ("<notification id='n1' type='w:gp2' from='" GROUP "@g.us' participant='" BOB_LID "@lid' t='%" G_GINT64_FORMAT
                          "'><add><participant jid='" CAROL_LID "@lid' phone_number='" CAROL "@s.whatsapp.net'/></add></notification>",
                          now_s (self));
  side_give (self->alice, join);
  send_to_group (self, "m2", &after);
  g_assert_cmpuint (ask_in_group (self, after, CAROL_LID), ==, 1);
  g_assert_cmpuint (ask_in_group (self, before, CAROL_LID), ==, 0);
  side_give (self->alice, "<notification id='n2' type='w:gp2' from='" GROUP "@g.us' participant='" BOB_LID "@lid' t='1'>"
                          "<promote><participant jid='" CAROL_LID "@lid'/></promote></notification>");
  g_assert_cmpuint (ask_in_group (self, before, CAROL_LID), ==, 0);
  side_give (self->alice, "<notification id='n3' type='w:gp2' from='" GROUP "@g.us' t='2'/>"); /* makes it stale */
  side_send_text (self->alice, "m3", GROUP "@g.us", "m3");
  g_assert_cmpuint (ask_in_group (self, before, CAROL_LID), ==, 0);
  g_assert_cmpuint (ask_in_group (self, before, BOB_LID), ==, 1);
  world_add (self->world, BOB, BOB_LID, 5);
  g_assert_cmpuint (ask_in_group (self, before, BOB_LID ":5"), ==, 1);
  world_add (self->world, ALICE, ALICE_LID, 3);
  g_assert_cmpuint (ask_in_group (self, before, ALICE_LID ":3"), ==, 1);
}

/* A member of whom nobody said when it joined counts from the list before: it may have been among those whom the server served. */
static void
test_unannounced_joiner (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *const users[] = { ALICE, BOB, NULL };
  WorldGroup *group = world_add_group (self->world, GROUP, TRUE, users);
  g_autofree char *first = NULL, *second = NULL, *third = NULL;

  world_add (self->world, CAROL, CAROL_LID, 0);
  send_to_group (self, "m1", &first);
  world_advance_ms (self->world, 2000);
  side_give (self->alice, "<notification id='n1' type='w:gp2' from='" GROUP "@g.us' t='2'/>");
  send_to_group (self, "m2", &second);
  world_advance_ms (self->world, 2000);
  g_ptr_array_add (group->accounts, g_strdup (CAROL));
  send_to_group (self, "m3", &third);
  side_give (self->alice, "<notification id='n2' type='w:gp2' from='" GROUP "@g.us' t='2'/>");
  side_send_text (self->alice, "m4", GROUP "@g.us", "m4");
  g_assert_cmpuint (ask_in_group (self, third, CAROL_LID), ==, 1);
  g_assert_cmpuint (ask_in_group (self, first, CAROL_LID), ==, 0);
  g_assert_cmpuint (ask_in_group (self, first, BOB_LID), ==, 1);
}

#define ADD(name, func) g_test_add ("/chat/hostile/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("an edit of another age is one of now", test_edit_of_the_future);
  ADD ("a peer message of somebody else is shown like any other", test_foreign_peer_message);
  ADD ("a status is sent again to nobody but those it named", test_status_refused);
  ADD ("whoever joins a group late gets nothing from before", test_late_joiner);
  ADD ("whoever joined a group at an unknown time gets nothing from before the last list", test_unannounced_joiner);
  ADD ("protocol messages of others are not obeyed", test_foreign_protocol);
  ADD ("protocol messages of our own are obeyed from the phone only", test_own_protocol);
  ADD ("copies for own devices of others are not obeyed", test_foreign_device_sent);
  ADD ("copies of own messages stay in the chat that they were written to", test_redirected_copy);
  ADD ("a placeholder where the copy of an own message was said to be ends", test_redirected_placeholder);
  ADD ("edits and deletions of others' messages are not obeyed", test_foreign_edit);
  ADD ("an administrator may delete, others may not", test_revoke_in_group);
  ADD ("a sender key for another chat is not taken", test_sender_key_elsewhere);
  ADD ("garbage is kept whole", test_garbage);
  ADD ("repeats get their receipt and no second row", test_repeats);
  ADD ("a repeat that left no row is one, too", test_repeated_edits);
  ADD ("a message under a key of another one is asked for again", test_key_used_twice);
  ADD ("messages in another order are all read", test_reordered);
  ADD ("stanzas that cannot be are nacked", test_wrong_stanzas);
  ADD ("a message that cannot be read is asked for five times", test_never_readable);
  ADD ("a failure that is to be hidden leaves no row", test_hidden_failure);
  ADD ("what only the phone has is a placeholder", test_unavailable);
  ADD ("a commit that fails leaves everything as it was", test_broken_commit);
  ADD ("a commit that fails before a cut loses nothing", test_broken_and_cut);
  ADD ("answers keep their order", test_order);
  ADD ("answers do not go to another connection", test_other_connection);
  ADD ("retries that must not be answered are only acknowledged", test_retries_refused);
  return g_test_run ();
}
