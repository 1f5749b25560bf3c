/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a network tells beyond new messages: histories, placeholders, edits, revokes, receipts of several people, chats, people.
 */
#include "unit/connector/line-fixture.h"

#include "connector/events.h"
#include "core/error.h"
#include "core/json.h"

#define ID_1 "01900000-0000-7000-8000-000000000001"
#define PHONE "4915112345678"
#define LID "111222333@lid"
#define GROUP "120363000000000001@g.us"
#define T0 (G_GINT64_CONSTANT (1764000000) * G_USEC_PER_SEC)
#define BOTH "{'phone':'" PHONE "','wa_id':'" PHONE "','lid':'" LID "','name':'Ada'}"

#define assert_events(fixture, expected) \
  G_STMT_START \
  { \
    g_autofree char *events_ = line_events (fixture); \
    g_assert_cmpstr (events_, ==, expected); \
  } \
  G_STMT_END

/* A message with a text, for the fields of which the case says what differs. */
static void
add_text (UlakInbound *inbound, const UlakInboundMessage *fields, const char *text, const char *contact)
{
  g_autoptr (JsonObject) content = json_object_new ();
  g_autoptr (JsonObject) who = contact == NULL ? NULL : parse_json (contact);
  UlakInboundMessage message = *fields;

  json_object_set_string_member (content, "type", "text");
  json_object_set_string_member (content, "text", text);
  message.content = content;
  message.contact = who;
  ulak_inbound_add_message (inbound, &message);
}

static guint
commit_one (LineFixture *fixture, const UlakInboundMessage *fields, const char *text, const char *contact)
{
  UlakInbound *inbound = ulak_inbound_new ();

  add_text (inbound, fields, text, contact);
  return line_commit (fixture, inbound);
}

static void
commit_edit (LineFixture *fixture, const UlakInboundEdit *fields, const char *text)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) content = json_object_new ();
  UlakInboundEdit edit = *fields;

  json_object_set_string_member (content, "type", "text");
  json_object_set_string_member (content, "text", text);
  edit.content = content;
  ulak_inbound_add_edit (inbound, &edit);
  line_commit (fixture, inbound);
}

static void
commit_revoke (LineFixture *fixture, const UlakInboundRevoke *revoke)
{
  UlakInbound *inbound = ulak_inbound_new ();

  ulak_inbound_add_revoke (inbound, revoke);
  line_commit (fixture, inbound);
}

static void
commit_receipt (LineFixture *fixture, const char *network_id, const char *participant, const char *status)
{
  UlakInbound *inbound = ulak_inbound_new ();
  const char *const ids[] = { network_id, NULL };

  ulak_inbound_add_statuses (
      inbound, &(UlakInboundStatus){ .status = status, .participant = participant, .timestamp_us = T0 }, ids);
  line_commit (fixture, inbound);
}

static void
commit_alone (LineFixture *fixture, const char *network_id, const char *participant, const char *status)
{
  UlakInbound *inbound = ulak_inbound_new ();

  ulak_inbound_add_status (inbound, &(UlakInboundStatus){ .network_id = network_id,
                                                          .status = status,
                                                          .participant = participant,
                                                          .is_alone = TRUE,
                                                          .timestamp_us = T0 });
  line_commit (fixture, inbound);
}

static const char *
text_of (LineFixture *fixture, const char *network_id)
{
  g_autoptr (JsonObject) message = line_get (fixture, network_id);

  return g_intern_string (ulak_json_peek_string (message, "text"));
}

static const char *
member_of (LineFixture *fixture, const char *network_id, const char *member)
{
  g_autoptr (JsonObject) message = line_get (fixture, network_id);

  return g_intern_string (ulak_json_peek_string (message, member));
}

static JsonArray *
list (LineFixture *fixture, const char *chat)
{
  g_auto (Wait) wait = { 0 };
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;

  if (chat == NULL)
    ulak_line_store_list_chats_async (fixture->store, "", 100, wait_cb, &wait);
  else
    ulak_line_store_list_messages_async (fixture->store, chat, "", 100, wait_cb, &wait);
  text = ulak_line_store_list_finish (fixture->store, wait_result (&wait), NULL, &error);
  g_assert_no_error (error);
  node = json_from_string (text, NULL);
  return json_node_dup_array (node);
}

/* --- prepare --- */

typedef struct
{
  guint runs;
  gboolean fails;
  gboolean adds;
} Preparation;

static gboolean
prepare (UlakDatabase *database G_GNUC_UNUSED, UlakInbound *inbound, gpointer data, GError **error)
{
  Preparation *self = data;

  self->runs++;
  if (self->adds)
    add_text (inbound, &(UlakInboundMessage){ .chat = PHONE, .network_id = "P1", .from = PHONE, .timestamp_us = T0 },
              "prepared", BOTH);
  if (self->fails)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "no");
  return !self->fails;
}

static GError *
commit_error (LineFixture *fixture, UlakInbound *inbound)
{
  g_auto (Wait) wait = { 0 };
  GError *error = NULL;

  ulak_line_store_commit_inbound_async (fixture->store, inbound, wait_cb, &wait);
  ulak_line_store_commit_inbound_finish (fixture->store, wait_result (&wait), NULL, &error);
  return error;
}

static void
test_prepare_adds (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInbound *inbound = ulak_inbound_new ();
  Preparation preparation = { .adds = TRUE };

  ulak_inbound_set_prepare (inbound, prepare, &preparation, NULL);
  add_text (inbound, &(UlakInboundMessage){ .chat = PHONE, .network_id = "G1", .from = PHONE, .timestamp_us = T0 },
            "given", NULL);
  g_assert_cmpuint (line_commit (fixture, inbound), ==, 2);
  g_assert_cmpuint (preparation.runs, ==, 1);
  g_assert_cmpstr (text_of (fixture, "P1"), ==, "prepared");
  g_assert_cmpstr (text_of (fixture, "G1"), ==, "given");
  assert_events (fixture, "message.received message.received");
}

static void
test_prepare_fails (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInbound *inbound = ulak_inbound_new ();
  Preparation preparation = { .adds = TRUE, .fails = TRUE };
  g_autoptr (GError) error = NULL;

  ulak_inbound_set_prepare (inbound, prepare, &preparation, NULL);
  add_text (inbound, &(UlakInboundMessage){ .chat = PHONE, .network_id = "G1", .from = PHONE }, "given", NULL);
  error = commit_error (fixture, inbound);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FAILED);
  assert_events (fixture, "");
  g_assert_cmpuint (commit_one (fixture, &(UlakInboundMessage){ .chat = PHONE, .network_id = "G1", .from = PHONE },
                                "given", NULL),
                    ==, 1); /* it was not seen */
}

static gboolean
fail_extra (UlakDatabase *database G_GNUC_UNUSED, gpointer data, GError **error)
{
  if (!*(gboolean *) data)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "no");
  return FALSE;
}

/* A failure after the items undoes what the prepare function added, and what it wrote. */
static void
test_extra_undoes_prepare (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInbound *inbound = ulak_inbound_new ();
  Preparation preparation = { .adds = TRUE };
  gboolean fails = TRUE;
  g_autoptr (GError) error = NULL;

  ulak_inbound_set_prepare (inbound, prepare, &preparation, NULL);
  ulak_inbound_set_extra (inbound, fail_extra, &fails, NULL);
  error = commit_error (fixture, inbound);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FAILED);
  g_assert_cmpuint (preparation.runs, ==, 1);
  assert_events (fixture, "");
}

static void
test_prepare_adds_nothing (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInbound *inbound = ulak_inbound_new ();
  Preparation preparation = { 0 };

  ulak_inbound_set_prepare (inbound, prepare, &preparation, NULL);
  g_assert_cmpuint (line_commit (fixture, inbound), ==, 0);
  g_assert_cmpuint (preparation.runs, ==, 1);
}

/* --- placeholders --- */

static void
test_placeholder_is_replaced (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage message = { .chat = PHONE, .network_id = "U1", .from = PHONE, .timestamp_us = T0 };
  g_autofree char *id = NULL;

  message.flags = ULAK_INBOUND_PLACEHOLDER;
  g_assert_cmpuint (commit_one (fixture, &message, "", BOTH), ==, 1);
  g_assert_cmpuint (commit_one (fixture, &message, "", BOTH), ==, 0); /* asked again in vain */
  g_assert_cmpstr (member_of (fixture, "U1", "type"), ==, "undecryptable");
  id = g_strdup (member_of (fixture, "U1", "id"));
  message.flags = 0;
  g_assert_cmpuint (commit_one (fixture, &message, "Hello", BOTH), ==, 0);
  g_assert_cmpuint (commit_one (fixture, &message, "Hello", BOTH), ==, 0);
  g_assert_cmpstr (member_of (fixture, "U1", "type"), ==, "text");
  g_assert_cmpstr (member_of (fixture, "U1", "id"), ==, id);
  g_assert_cmpstr (text_of (fixture, "U1"), ==, "Hello");
  assert_events (fixture, "message.undecryptable message.replaced");
}

/* Ids are chosen by senders: somebody else's message of the same id is another message. */
static void
test_placeholder_of_another_author_stays (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage message = { .chat = GROUP, .network_id = "U1", .from = PHONE, .timestamp_us = T0 };

  message.flags = ULAK_INBOUND_PLACEHOLDER;
  commit_one (fixture, &message, "", NULL);
  message.flags = 0;
  message.from = "4917000000000";
  g_assert_cmpuint (commit_one (fixture, &message, "Mine", NULL), ==, 1);
  assert_events (fixture, "message.undecryptable message.received");
}

/* --- edits and revokes --- */

static void
test_edit (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage message = { .chat = PHONE, .network_id = "E1", .from = PHONE, .timestamp_us = T0 };
  UlakInboundEdit edit = { .chat = PHONE, .network_id = "E1", .from = PHONE, .timestamp_us = T0 + 2 };
  UlakInboundEdit earlier = { .chat = PHONE, .network_id = "E1", .from = PHONE, .timestamp_us = T0 + 1 };

  commit_one (fixture, &message, "Helo", BOTH);
  commit_edit (fixture, &edit, "Hello");
  commit_edit (fixture, &edit, "Hello");
  commit_edit (fixture, &earlier, "Hallo");
  g_assert_cmpstr (text_of (fixture, "E1"), ==, "Hello");
  g_assert_cmpstr (member_of (fixture, "E1", "edited_at"), !=, NULL);
  assert_events (fixture, "message.received message.edited");
}

static void
test_edit_by_another_is_not_taken (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage message = { .chat = GROUP, .network_id = "E1", .from = PHONE, .timestamp_us = T0 };
  UlakInboundEdit edit = { .chat = GROUP, .network_id = "E1", .from = "4917000000000", .timestamp_us = T0 + 2 };

  commit_one (fixture, &message, "Hello", NULL);
  commit_edit (fixture, &edit, "Forged");
  {
    g_autoptr (JsonArray) messages = list (fixture, GROUP);
    JsonObject *first = json_array_get_object_element (messages, 1);

    g_assert_cmpuint (json_array_get_length (messages), ==, 2);
    g_assert_cmpstr (json_object_get_string_member (first, "text"), ==, "Hello");
  }
}

static void
test_edit_before_the_message (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage message = { .chat = PHONE, .network_id = "E1", .from = PHONE, .timestamp_us = T0 };
  UlakInboundEdit edit = { .chat = PHONE, .network_id = "E1", .from = PHONE, .timestamp_us = T0 + 2 };

  commit_edit (fixture, &edit, "Hello");
  g_assert_cmpuint (commit_one (fixture, &message, "Helo", NULL), ==, 0);
  g_assert_cmpstr (text_of (fixture, "E1"), ==, "Hello");
  assert_events (fixture, "message.edited");
}

static void
test_revoke (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage message = { .chat = GROUP, .network_id = "R1", .from = PHONE, .timestamp_us = T0 };
  UlakInboundRevoke revoke = { .chat = GROUP, .network_id = "R1", .from = PHONE, .by = "4917000000000" };
  UlakInboundEdit edit = { .chat = GROUP, .network_id = "R1", .from = PHONE, .timestamp_us = T0 + 9 };

  commit_one (fixture, &message, "secret", NULL);
  commit_revoke (fixture, &revoke);
  commit_revoke (fixture, &revoke);
  commit_edit (fixture, &edit, "again");
  g_assert_cmpstr (member_of (fixture, "R1", "type"), ==, "revoked");
  g_assert_cmpstr (member_of (fixture, "R1", "revoked_by"), ==, "4917000000000");
  g_assert_cmpstr (text_of (fixture, "R1"), ==, NULL);
  assert_events (fixture, "message.received message.revoked");
}

static void
test_revoke_before_the_message (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage message = { .chat = PHONE, .network_id = "R1", .from = PHONE, .timestamp_us = T0 };
  UlakInboundRevoke revoke = { .chat = PHONE, .network_id = "R1", .from = PHONE, .timestamp_us = T0 + 1 };

  commit_revoke (fixture, &revoke);
  g_assert_cmpuint (commit_one (fixture, &message, "secret", NULL), ==, 0);
  g_assert_cmpstr (member_of (fixture, "R1", "type"), ==, "revoked");
  assert_events (fixture, "message.revoked");
}

/* The same Send again, after the message was revoked from the phone, is still harmless. */
static void
test_send_again_after_a_revoke (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, "{'to':'" PHONE "','text':'Hi'}");
  g_autoptr (UlakLaneHeads) heads = line_heads (fixture);
  g_autoptr (UlakClaim) claim = line_claim (fixture, g_ptr_array_index (heads->heads, 0));
  UlakInboundRevoke revoke = { .chat = PHONE, .network_id = "S1" };
  g_autofree char *again = NULL;

  line_settle (fixture, claim, ULAK_SEND_ACCEPTED, "S1");
  commit_revoke (fixture, &revoke);
  again = line_accept (fixture, ID_1, "{'to':'" PHONE "','text':'Hi'}");
  g_assert_cmpstr (again, ==, "sent");
  g_assert_cmpstr (member_of (fixture, ID_1, "type"), ==, "revoked");
}

/* --- histories --- */

static void
test_history_is_older (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInbound *inbound = ulak_inbound_new ();
  UlakInboundMessage message = { .chat = PHONE, .from = PHONE, .flags = ULAK_INBOUND_HISTORY, .status = "read" };
  g_autoptr (JsonArray) messages = NULL;
  g_autoptr (JsonArray) chats = NULL;
  static const char *const order[] = { "live", "third", "second", "first" };

  commit_one (fixture, &(UlakInboundMessage){ .chat = PHONE, .network_id = "L", .from = PHONE, .timestamp_us = T0 + 9 },
              "live", BOTH);
  for (guint i = 1; i <= 3; i++)
    {
      g_autofree char *id = g_strdup_printf ("H%u", i);

      message.network_id = id;
      message.timestamp_us = T0 + i;
      add_text (inbound, &message, order[4 - i], BOTH);
    }
  g_assert_cmpuint (line_commit (fixture, inbound), ==, 0);
  messages = list (fixture, PHONE);
  g_assert_cmpuint (json_array_get_length (messages), ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (messages, i), "text"), ==, order[i]);
  chats = list (fixture, NULL);
  g_assert_cmpint (json_object_get_int_member (json_array_get_object_element (chats, 0), "unread"), ==, 1);
  g_assert_cmpuint (commit_one (fixture, &(UlakInboundMessage){ .chat = PHONE, .network_id = "H2", .from = PHONE },
                                "again", BOTH),
                    ==, 0);
  assert_events (fixture, "message.received");
}

static void
test_history_knows_what_we_sent (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, "{'to':'" PHONE "','text':'Hi'}");
  g_autoptr (UlakLaneHeads) heads = line_heads (fixture);
  g_autoptr (UlakClaim) claim = line_claim (fixture, g_ptr_array_index (heads->heads, 0));
  g_autoptr (JsonArray) messages = NULL;

  line_settle (fixture, claim, ULAK_SEND_ACCEPTED, "S1");
  commit_one (fixture,
              &(UlakInboundMessage){ .chat = PHONE, .network_id = "S1", .flags = ULAK_INBOUND_HISTORY, .timestamp_us = T0 },
              "Hi", BOTH);
  messages = list (fixture, PHONE);
  g_assert_cmpuint (json_array_get_length (messages), ==, 1);
}

/* --- people --- */

static void
test_two_people_become_one (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage by_phone = { .chat = PHONE, .network_id = "A", .from = PHONE, .timestamp_us = T0 };
  UlakInboundMessage by_lid = { .chat = LID, .network_id = "B", .from = LID, .timestamp_us = T0 };

  commit_one (fixture, &by_phone, "one", NULL);
  commit_one (fixture, &by_lid, "two", NULL);
  by_lid.network_id = "C";
  g_assert_cmpuint (commit_one (fixture, &by_lid, "three", BOTH), ==, 1);
  by_lid.network_id = "A"; /* what came under the phone comes again under the LID */
  g_assert_cmpuint (commit_one (fixture, &by_lid, "one", BOTH), ==, 0);
  by_phone.network_id = "B";
  g_assert_cmpuint (commit_one (fixture, &by_phone, "two", BOTH), ==, 0);
  assert_events (fixture, "message.received message.received message.received");
}

static void
test_contact_events (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (JsonObject) saved = parse_json ("{'lid':'" LID "','saved_name':'Ada L.'}");
  UlakInboundContact contact = { .id = PHONE, .contact = saved };
  UlakInbound *first = ulak_inbound_new ();
  UlakInbound *second = ulak_inbound_new ();

  commit_one (fixture, &(UlakInboundMessage){ .chat = PHONE, .network_id = "A", .from = PHONE }, "one", BOTH);
  ulak_inbound_add_contact (first, &contact);
  line_commit (fixture, first);
  ulak_inbound_add_contact (second, &contact); /* nothing new */
  line_commit (fixture, second);
  {
    g_autoptr (JsonArray) chats = list (fixture, NULL);

    g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (chats, 0), "name"), ==, "Ada L.");
  }
  assert_events (fixture, "message.received contact.updated");
}

/* --- chats --- */

static void
commit_chat (LineFixture *fixture, const UlakInboundChat *chat)
{
  UlakInbound *inbound = ulak_inbound_new ();

  ulak_inbound_add_chat (inbound, chat);
  line_commit (fixture, inbound);
}

static gboolean
is_starred (LineFixture *fixture, const char *network_id)
{
  g_autoptr (JsonObject) message = line_get (fixture, network_id);

  return message != NULL && ulak_json_peek_boolean (message, "starred", FALSE);
}

static void
test_stars (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInboundMessage message = { .chat = GROUP, .network_id = "S1", .from = PHONE, .timestamp_us = T0 };
  UlakInboundMessage old = { .chat = GROUP,
                             .network_id = "S0",
                             .from = PHONE,
                             .timestamp_us = T0 - 9,
                             .flags = ULAK_INBOUND_HISTORY | ULAK_INBOUND_STARRED };
  UlakInboundChat cleared = { .chat = GROUP, .fields = ULAK_CHAT_CLEARED, .until_us = G_MAXINT64, .keeps_starred = TRUE };

  commit_one (fixture, &message, "a day's talk", NULL);
  commit_one (fixture, &old, "kept long ago", NULL);
  g_assert_true (is_starred (fixture, "S0"));
  g_assert_false (is_starred (fixture, "S1"));
  commit_chat (fixture, &cleared);
  {
    g_autoptr (JsonArray) left = list (fixture, GROUP);

    g_assert_cmpuint (json_array_get_length (left), ==, 1);
  }
  g_assert_true (is_starred (fixture, "S0"));
  cleared.keeps_starred = FALSE;
  commit_chat (fixture, &cleared);
  {
    g_autoptr (JsonArray) left = list (fixture, GROUP);

    g_assert_cmpuint (json_array_get_length (left), ==, 0);
  }
}

static void
test_chat_choices (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  JsonObject *chat;
  g_autoptr (JsonArray) before = NULL;
  g_autoptr (JsonArray) after = NULL;

  commit_one (fixture, &(UlakInboundMessage){ .chat = GROUP, .network_id = "A", .from = PHONE, .timestamp_us = T0 },
              "one", NULL);
  commit_one (fixture, &(UlakInboundMessage){ .chat = GROUP, .network_id = "B", .from = PHONE, .timestamp_us = T0 + 9 },
              "two", NULL);
  commit_chat (fixture, &(UlakInboundChat){ .chat = GROUP,
                                            .fields = ULAK_CHAT_NAME | ULAK_CHAT_ARCHIVED | ULAK_CHAT_MUTED | ULAK_CHAT_READ,
                                            .name = "Friends",
                                            .is_archived = TRUE,
                                            .muted_until_us = G_MAXINT64,
                                            .until_us = T0 });
  before = list (fixture, NULL);
  chat = json_array_get_object_element (before, 0);
  g_assert_cmpstr (json_object_get_string_member (chat, "name"), ==, "Friends");
  g_assert_true (json_object_get_boolean_member (chat, "archived"));
  g_assert_false (json_object_get_boolean_member (chat, "pinned"));
  g_assert_cmpstr (json_object_get_string_member (chat, "muted_until"), ==, "9999-12-31T23:59:59.000Z");
  g_assert_cmpint (json_object_get_int_member (chat, "unread"), ==, 1);

  commit_chat (fixture, &(UlakInboundChat){ .chat = GROUP, .fields = ULAK_CHAT_DELETED, .until_us = G_MAXINT64 });
  after = list (fixture, NULL);
  g_assert_cmpuint (json_array_get_length (after), ==, 0);
  commit_one (fixture, &(UlakInboundMessage){ .chat = GROUP, .network_id = "C", .from = PHONE }, "three", NULL);
  {
    g_autoptr (JsonArray) again = list (fixture, NULL);
    g_autoptr (JsonArray) messages = list (fixture, GROUP);

    g_assert_cmpuint (json_array_get_length (again), ==, 1);
    g_assert_cmpuint (json_array_get_length (messages), ==, 1);
  }
}

/* --- receipts --- */

static void
test_everybody_has_it (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, "{'to':'" GROUP "','text':'Hi'}");
  g_autoptr (UlakLaneHeads) heads = line_heads (fixture);
  g_autoptr (UlakClaim) claim = line_claim (fixture, g_ptr_array_index (heads->heads, 0));
  g_autoptr (UlakSendResult) result = ulak_send_result_new (ULAK_SEND_ACCEPTED);
  UlakSettlement settlement
      = { .sequence = claim->sequence, .chat = claim->chat, .outcome = ULAK_SEND_ACCEPTED, .result = result };
  g_auto (Wait) wait = { 0 };

  result->network_id = g_strdup ("S1");
  result->n_recipients = 2;
  ulak_line_store_settle_async (fixture->store, &settlement, wait_cb, &wait);
  g_assert_true (ulak_line_store_settle_finish (fixture->store, wait_result (&wait), NULL));
  commit_receipt (fixture, "S1", "1", "read");
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "sent");
  commit_receipt (fixture, "S1", "1", "delivered"); /* late, and less than what is known */
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "sent");
  commit_receipt (fixture, "S1", "2", "delivered");
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "delivered");
  commit_alone (fixture, "S1", "1", "played"); /* what one person says outside of the chat counts for that person, too */
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "delivered");
  commit_receipt (fixture, "S1", "2", "read");
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "read");
  {
    g_autoptr (JsonObject) message = line_get (fixture, ID_1);
    JsonObject *receipts = json_object_get_object_member (message, "receipts");

    g_assert_cmpint (json_object_get_int_member (receipts, "recipients"), ==, 2);
    g_assert_cmpint (json_object_get_int_member (receipts, "read"), ==, 2);
    g_assert_cmpint (json_object_get_int_member (receipts, "played"), ==, 1);
  }
  assert_events (fixture, "message.sent message.delivered message.read");
}

/* --- what an outbound message is about --- */

static void
test_targets (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = NULL;
  g_autofree char *document = NULL;
  g_autofree char *status = NULL;
  g_autoptr (UlakLaneHeads) heads = NULL;
  g_autoptr (UlakClaim) claim = NULL;

  commit_one (fixture, &(UlakInboundMessage){ .chat = PHONE, .network_id = "Q", .from = PHONE, .timestamp_us = T0 },
              "How are you?", BOTH);
  id = g_strdup (member_of (fixture, "Q", "id"));
  document = g_strdup_printf ("{'to':'" PHONE "','reply_to':'%s','reaction':{'message_id':'%s','emoji':'x'}}", id, id);
  status = line_accept (fixture, ID_1, document);
  heads = line_heads (fixture);
  claim = line_claim (fixture, g_ptr_array_index (heads->heads, 0));
  g_assert_cmpstr (claim->reply_to->network_id, ==, "Q");
  g_assert_cmpstr (claim->reply_to->from, ==, PHONE);
  g_assert_cmpstr (ulak_json_peek_string (claim->reply_to->message, "text"), ==, "How are you?");
  g_assert_cmpstr (claim->target->network_id, ==, "Q");
  g_assert_cmpstr (claim->target->id, ==, id);
  g_assert_cmpstr (ulak_json_peek_string (json_object_get_object_member (claim->message, "reaction"), "message_id"), ==,
                   "Q");
  g_assert_cmpstr (ulak_json_peek_string (claim->contact, "lid"), ==, LID);
}

static void
test_unread (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (UlakUnread) unread = NULL;
  g_autofree char *id = NULL;

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *network_id = g_strdup_printf ("N%u", i);

      commit_one (fixture, &(UlakInboundMessage){ .chat = GROUP, .network_id = network_id, .from = PHONE }, "text", BOTH);
    }
  id = g_strdup (member_of (fixture, "N1", "id"));
  ulak_line_store_list_unread_async (fixture->store, id, wait_cb, &wait);
  unread = ulak_line_store_list_unread_finish (fixture->store, wait_result (&wait), NULL);
  g_assert_cmpstr (unread->chat, ==, GROUP);
  g_assert_cmpuint (unread->messages->len, ==, 2);
  g_assert_cmpstr (g_array_index (unread->messages, UlakReadMessage, 0).network_id, ==, "N0");
  g_assert_cmpstr (g_array_index (unread->messages, UlakReadMessage, 1).from, ==, PHONE);
}

/* --- events that pass --- */

static void
test_only_the_newest_presence_waits (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) typing = parse_json ("{'presence':{'state':'typing'}}");

  for (guint i = 0; i < 3; i++)
    {
      ulak_inbound_add_passing_event (inbound, "presence.updated", PHONE, T0, typing);
      ulak_inbound_add_passing_event (inbound, "presence.updated", LID, T0, typing);
    }
  for (guint i = 0; i < 1100; i++)
    {
      g_autofree char *chat = g_strdup_printf ("%u", i);

      ulak_inbound_add_passing_event (inbound, "account.link", chat, T0, typing);
    }
  line_commit (fixture, inbound);
  g_assert_cmpuint (ulak_line_store_get_events (fixture->store), ==, 1000);
}

static void
count_signal (guint *n)
{
  ++*n;
}

/* It takes the place of one that may have been told already. */
static void
test_a_newer_presence_is_news (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (JsonObject) typing = parse_json ("{'presence':{'state':'typing'}}");
  guint n_signals = 0;
  gulong handler = g_signal_connect_swapped (fixture->store, "events", G_CALLBACK (count_signal), &n_signals);

  for (guint i = 1; i <= 2; i++)
    {
      UlakInbound *inbound = ulak_inbound_new ();

      ulak_inbound_add_passing_event (inbound, "presence.updated", PHONE, T0, typing);
      line_commit (fixture, inbound);
      g_assert_cmpuint (ulak_line_store_get_events (fixture->store), ==, 1);
      g_assert_cmpuint (n_signals, ==, i);
    }
  g_signal_handler_disconnect (fixture->store, handler);
}

/* --- events of new messages --- */

/* Tells of a row as if it were an old one. */
static gboolean
tell_again (UlakDatabase *database, gpointer data, GError **error)
{
  UlakLineWork work = { 0 };

  return ulak_events_put_message (database, &work, "again", "message.received", GPOINTER_TO_INT (data), T0, error);
}

static void
assert_told_alike (LineFixture *fixture, int sequence, const UlakInboundMessage *fields, const char *content)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) document = parse_json (content);
  g_autoptr (JsonObject) who = parse_json (BOTH);
  g_autoptr (GPtrArray) events = NULL;
  g_autofree char *emptied = NULL;
  g_auto (Wait) read = { 0 };
  UlakInboundMessage message = *fields;

  message.content = document;
  message.contact = message.from == NULL ? NULL : who;
  message.timestamp_us = T0 + 123456;
  ulak_inbound_add_message (inbound, &message);
  ulak_inbound_set_extra (inbound, tell_again, GINT_TO_POINTER (sequence), NULL);
  g_assert_cmpuint (line_commit (fixture, inbound), ==, 1);
  ulak_line_store_read_outbox_async (fixture->store, 0, 500, 4 * 1024 * 1024, wait_cb, &read);
  events = ulak_line_store_read_outbox_finish (fixture->store, wait_result (&read), NULL, NULL);
  g_assert_cmpuint (events->len, ==, 2);
  g_assert_cmpstr (((UlakOutboxEvent *) g_ptr_array_index (events, 0))->data, ==,
                   ((UlakOutboxEvent *) g_ptr_array_index (events, 1))->data);
  emptied = line_events (fixture);
}

static void
test_new_messages_are_told_as_their_rows (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *many = g_strnfill (300 * 1024, 'x');
  g_autofree char *huge = g_strdup_printf ("{'type':'text','text':'short','raw':'%s'}", many);

  assert_told_alike (fixture, 1, &(UlakInboundMessage){ .chat = PHONE, .network_id = "A", .from = PHONE },
                     "{'type':'text','text':'a \\u0007 \\\"quoted\\\" line','mentions':[{'id':'1','text':'@1'}]}");
  assert_told_alike (
      fixture, 2,
      &(UlakInboundMessage){ .chat = PHONE, .network_id = "B", .from = PHONE, .quoted_network_id = "A" },
      "{'type':'text','text':'an answer','status':'read','id':'no','duration_s':1.5}");
  assert_told_alike (fixture, 3,
                     &(UlakInboundMessage){ .chat = GROUP, .network_id = "C", .from = PHONE, .quoted_network_id = "?" },
                     "{'type':'image','media':{'mime_type':'image/png','size_bytes':3},'text':null}");
  assert_told_alike (fixture, 4, &(UlakInboundMessage){ .chat = PHONE, .network_id = "D" },
                     "{'type':'location','location':{'latitude':1,'longitude':2e20}}");
  assert_told_alike (fixture, 5, &(UlakInboundMessage){ .chat = GROUP, .network_id = "E", .status = "failed" },
                     "{'type':'text','text':'not sent'}");
  assert_told_alike (fixture, 6, &(UlakInboundMessage){ .chat = PHONE, .network_id = "F", .from = PHONE }, huge);
}

#define ADD(name, function) \
  g_test_add ("/connector/conversations/" name, LineFixture, NULL, line_fixture_set_up, function, line_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a prepare function adds messages inside the transaction", test_prepare_adds);
  ADD ("a prepare function that fails undoes the batch", test_prepare_fails);
  ADD ("a failure at the end undoes what the prepare function did", test_extra_undoes_prepare);
  ADD ("a prepare function that adds nothing is committed", test_prepare_adds_nothing);
  ADD ("a message that could not be read is replaced in place", test_placeholder_is_replaced);
  ADD ("a placeholder is replaced only by its author", test_placeholder_of_another_author_stays);
  ADD ("an edit replaces the content once", test_edit);
  ADD ("an edit by another changes nothing", test_edit_by_another_is_not_taken);
  ADD ("an edit may come before its message", test_edit_before_the_message);
  ADD ("a revoke takes the content away", test_revoke);
  ADD ("a revoke may come before its message", test_revoke_before_the_message);
  ADD ("the same send after a revoke is harmless", test_send_again_after_a_revoke);
  ADD ("a history lies before what is there and tells nothing", test_history_is_older);
  ADD ("a history does not repeat what this line sent", test_history_knows_what_we_sent);
  ADD ("two people who become one are recognised under either id", test_two_people_become_one);
  ADD ("a contact tells only what changed", test_contact_events);
  ADD ("a chat takes over what was done on other devices", test_chat_choices);
  ADD ("a history tells of stars, and a chat may be cleared around them", test_stars);
  ADD ("a message to several is read when all have read it", test_everybody_has_it);
  ADD ("an outbound message knows what it is about", test_targets);
  ADD ("a mark-read names each message", test_unread);
  ADD ("of presences only the newest waits and not too many", test_only_the_newest_presence_waits);
  ADD ("a presence that replaces another is told, too", test_a_newer_presence_is_news);
  ADD ("a new message is told as its row shows it", test_new_messages_are_told_as_their_rows);
  return g_test_run ();
}
