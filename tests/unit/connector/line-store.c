/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/connector/line-fixture.h"

#include "core/error.h"
#include "core/event-types.h"
#include "core/json-scan.h"
#include "core/json.h"

#include <string.h>

#define ID_1 "01900000-0000-7000-8000-000000000001"
#define ID_2 "01900000-0000-7000-8000-000000000002"
#define ID_3 "01900000-0000-7000-8000-000000000003"
#define HELLO "{'to': '+905321112233', 'text': 'Hello'}"

#define assert_events(fixture, expected) \
  G_STMT_START \
  { \
    g_autofree char *events_ = line_events (fixture); \
    g_assert_cmpstr (events_, ==, expected); \
  } \
  G_STMT_END

static UlakClaim *
claim_first (LineFixture *fixture)
{
  g_autoptr (UlakLaneHeads) heads = line_heads (fixture);

  g_assert_cmpuint (heads->heads->len, >=, 1);
  return line_claim (fixture, g_ptr_array_index (heads->heads, 0));
}

static void
test_same_id (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *first = line_accept (fixture, ID_1, HELLO);
  g_autofree char *again = line_accept (fixture, ID_1, "{'text': 'Hello', 'to': '+905321112233'}");

  g_assert_cmpstr (first, ==, "pending");
  g_assert_cmpstr (again, ==, "pending");
  g_assert_cmpuint (ulak_line_store_get_depth (fixture->store), ==, 1);
}

static void
test_conflict (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *first = line_accept (fixture, ID_1, HELLO);
  g_autoptr (GError) error = line_accept_error (fixture, ID_1, "{'to': '+905321112233', 'text': 'Other'}");

  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_CONFLICT);
  g_assert_cmpuint (ulak_line_store_get_depth (fixture->store), ==, 1);
}

static void
test_full (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *first = NULL;
  g_autoptr (GError) error = NULL;

  fixture->queue_max = 1;
  line_fixture_reopen (fixture);
  first = line_accept (fixture, ID_1, HELLO);
  error = line_accept_error (fixture, ID_2, HELLO);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FULL);
}

static void
test_unknown_medium (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error
      = line_accept_error (fixture, ID_1, "{'to': '905321112233', 'image': {'media_id': 'none'}}");

  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_true (g_str_has_prefix (error->message, "image.media_id: "));
}

static void
test_sent (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, HELLO);
  g_autoptr (UlakClaim) claim = claim_first (fixture);
  g_autoptr (JsonObject) message = NULL;

  g_assert_cmpstr (claim->id, ==, ID_1);
  g_assert_cmpstr (claim->chat, ==, "905321112233");
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "pending");
  line_settle (fixture, claim, ULAK_SEND_ACCEPTED, "wamid.1");
  message = line_get (fixture, "wamid.1");
  g_assert_cmpstr (json_object_get_string_member (message, "id"), ==, ID_1);
  g_assert_cmpstr (json_object_get_string_member (message, "status"), ==, "sent");
  g_assert_cmpstr (json_object_get_string_member (message, "text"), ==, "Hello");
  g_assert_true (json_object_get_boolean_member (message, "from_me"));
  g_assert_cmpuint (ulak_line_store_get_depth (fixture->store), ==, 0);
  assert_events (fixture, "message.sent");
}

static void
test_one_on_its_way (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *a = line_accept (fixture, ID_1, HELLO);
  g_autofree char *b = line_accept (fixture, ID_2, HELLO);
  g_autoptr (UlakLaneHeads) heads = line_heads (fixture);
  g_autoptr (UlakLaneHeads) none = NULL;
  g_autoptr (UlakLaneHeads) next = NULL;
  g_autoptr (UlakClaim) claim = NULL;
  g_autoptr (UlakClaim) twice = NULL;

  g_assert_cmpuint (heads->heads->len, ==, 1);
  claim = line_claim (fixture, g_ptr_array_index (heads->heads, 0));
  twice = line_claim (fixture, g_ptr_array_index (heads->heads, 0));
  g_assert_nonnull (claim);
  g_assert_null (twice);
  none = line_heads (fixture);
  g_assert_cmpuint (none->heads->len, ==, 0);
  line_settle (fixture, claim, ULAK_SEND_ACCEPTED, "wamid.1");
  next = line_heads (fixture);
  g_assert_cmpuint (next->heads->len, ==, 1);
  g_assert_cmpstr (((UlakLaneHead *) g_ptr_array_index (next->heads, 0))->id, ==, ID_2);
}

static void
test_retry_waits (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, HELLO);
  g_autoptr (UlakClaim) claim = claim_first (fixture);
  g_autoptr (UlakLaneHeads) none = NULL;
  g_autoptr (UlakClaim) second = NULL;
  g_autoptr (JsonObject) message = NULL;

  line_settle (fixture, claim, ULAK_SEND_RETRY, NULL);
  message = line_get (fixture, ID_1);
  g_assert_cmpstr (json_object_get_string_member (message, "status"), ==, "held");
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (message, "hold"), "reason"),
                   ==, "retry");
  g_assert_cmpuint (ulak_line_store_get_held (fixture->store), ==, 1);
  none = line_heads (fixture);
  g_assert_cmpuint (none->heads->len, ==, 0);
  g_assert_cmpint (none->next_due_us, ==,
                   ulak_clock_get_wall_us (ULAK_CLOCK (fixture->clock)) + 60 * G_USEC_PER_SEC);
  ulak_fake_clock_advance_ms (fixture->clock, 60000);
  second = claim_first (fixture);
  g_assert_cmpuint (second->tries, ==, 1);
  g_assert_cmpuint (ulak_line_store_get_held (fixture->store), ==, 0);
  assert_events (fixture, "message.held");
}

static void
test_killed_while_sending (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, HELLO);
  g_autoptr (UlakClaim) claim = claim_first (fixture);

  line_fixture_reopen (fixture);
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "unknown");
  g_assert_cmpuint (ulak_line_store_get_depth (fixture->store), ==, 1);
  g_assert_cmpuint (ulak_line_store_get_held (fixture->store), ==, 1);
  assert_events (fixture, "message.held");
  ulak_fake_clock_advance_ms (fixture->clock, 60000);
  {
    g_autoptr (UlakLaneHeads) heads = line_heads (fixture);
    g_assert_cmpuint (heads->heads->len, ==, 1);
    g_assert_true (((UlakLaneHead *) g_ptr_array_index (heads->heads, 0))->is_unknown);
  }
}

/* Where the network knows the id, once more is the same message. */
static void
test_killed_and_sent_again (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, HELLO);
  g_autoptr (UlakClaim) claim = claim_first (fixture);
  g_autoptr (UlakClaim) again = NULL;
  g_auto (Wait) wait = { 0 };

  fixture->recovers_later = TRUE;
  line_fixture_reopen (fixture);
  ulak_line_store_recover_async (fixture->store, TRUE, wait_cb, &wait);
  g_assert_true (ulak_line_store_finish (fixture->store, wait_result (&wait), NULL));
  g_assert_cmpuint (ulak_line_store_get_depth (fixture->store), ==, 1);
  g_assert_cmpuint (ulak_line_store_get_held (fixture->store), ==, 0);
  assert_events (fixture, "");
  again = claim_first (fixture);
  g_assert_cmpstr (again->id, ==, ID_1);
  g_assert_cmpuint (again->tries, ==, 1);
}

static void
test_opaque_id_resolves (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, HELLO);
  g_autoptr (UlakClaim) claim = claim_first (fixture);
  g_autoptr (JsonObject) message = NULL;

  line_settle (fixture, claim, ULAK_SEND_UNKNOWN, NULL);
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "unknown");
  line_commit_status (fixture, "wamid.9", ID_1, "sent");
  message = line_get (fixture, ID_1);
  g_assert_cmpstr (json_object_get_string_member (message, "status"), ==, "sent");
  g_assert_cmpstr (json_object_get_string_member (message, "network_id"), ==, "wamid.9");
  g_assert_false (json_object_has_member (message, "hold"));
  g_assert_cmpuint (ulak_line_store_get_depth (fixture->store), ==, 0);
  g_assert_cmpuint (ulak_line_store_get_held (fixture->store), ==, 0);
  assert_events (fixture, "message.held message.sent");
}

static void
test_status_before_answer (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, HELLO);
  g_autofree char *other = line_accept (fixture, ID_2, HELLO);
  g_autoptr (UlakClaim) claim = claim_first (fixture);
  g_autoptr (UlakClaim) next = NULL;

  line_commit_status (fixture, "wamid.1", ID_1, "delivered");
  {
    g_autoptr (UlakLaneHeads) none = line_heads (fixture);
    g_assert_cmpuint (none->heads->len, ==, 0); /* the answer is still awaited */
  }
  line_settle (fixture, claim, ULAK_SEND_ACCEPTED, "wamid.1");
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "delivered");
  g_assert_cmpuint (ulak_line_store_get_depth (fixture->store), ==, 1);
  next = claim_first (fixture);
  g_assert_cmpstr (next->id, ==, ID_2);
  assert_events (fixture, "message.delivered");
}

static void
test_early_status (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, HELLO);
  g_autoptr (UlakClaim) claim = claim_first (fixture);

  line_commit_status (fixture, "wamid.1", NULL, "delivered");
  line_commit_status (fixture, "wamid.1", NULL, "read");
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "pending");
  line_settle (fixture, claim, ULAK_SEND_ACCEPTED, "wamid.1");
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "read");
  assert_events (fixture, "message.sent message.delivered message.read");
}

static void
test_never_backwards (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = line_accept (fixture, ID_1, HELLO);
  g_autoptr (UlakClaim) claim = claim_first (fixture);

  line_settle (fixture, claim, ULAK_SEND_ACCEPTED, "wamid.1");
  line_commit_status (fixture, "wamid.1", NULL, "read");
  line_commit_status (fixture, "wamid.1", NULL, "delivered");
  line_commit_status (fixture, "wamid.1", NULL, "sent");
  line_commit_status (fixture, "wamid.1", NULL, "failed");
  line_commit_status (fixture, "wamid.1", NULL, "read");
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "read");
  assert_events (fixture, "message.sent message.read");
}

static void
test_duplicates (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  line_commit_text (fixture, "905321112233", "wamid.1", "Hello");
  line_commit_text (fixture, "905321112233", "wamid.1", "Hello");
  line_commit_text (fixture, "905321112234", "wamid.1", "Same id, another chat");
  assert_events (fixture, "message.received message.received");
}

static gboolean
fail_run (UlakDatabase *database G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED, GError **error)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "the ratchet did not turn");
  return FALSE;
}

static void
test_one_transaction (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) content = parse_json ("{'type': 'text', 'text': 'Hello'}");
  UlakInboundMessage message
      = { .chat = "905321112233", .network_id = "wamid.1", .from = "905321112233", .content = content };
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_inbound_add_message (inbound, &message);
  ulak_inbound_set_extra (inbound, fail_run, NULL, NULL);
  ulak_line_store_commit_inbound_async (fixture->store, inbound, wait_cb, &wait);
  g_assert_false (ulak_line_store_commit_inbound_finish (fixture->store, wait_result (&wait), NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FAILED);
  assert_events (fixture, "");
  line_commit_text (fixture, "905321112233", "wamid.1", "Hello"); /* it was not even remembered as seen */
  assert_events (fixture, "message.received");
}

static void
test_expiry (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *a = line_accept (
      fixture, ID_1, "{'to': '905321112233', 'text': 'a', 'expires_at': '2025-11-25T08:31:00Z'}");
  g_autofree char *b = line_accept (fixture, ID_2, HELLO);
  g_autoptr (UlakClaim) claim = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Wait) wait = { 0 };

  ulak_fake_clock_advance_ms (fixture->clock, 61000);
  claim = claim_first (fixture);
  g_assert_null (claim);
  ulak_line_store_expire_async (fixture->store, wait_cb, &wait);
  g_assert_true (ulak_line_store_finish (fixture->store, wait_result (&wait), &error));
  g_assert_cmpstr (line_status (fixture, ID_1), ==, "failed");
  {
    g_autoptr (JsonObject) message = line_get (fixture, ID_1);
    g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (message, "error"), "code"),
                     ==, "E_EXPIRED");
  }
  claim = claim_first (fixture);
  g_assert_cmpstr (claim->id, ==, ID_2);
  assert_events (fixture, "message.failed");
}

static void
test_replies_first (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *cold = line_accept (fixture, ID_1, HELLO);
  g_autoptr (UlakLaneHeads) heads = NULL;
  g_autofree char *warm = NULL;

  ulak_fake_clock_advance_ms (fixture->clock, 1000);
  line_commit_text (fixture, "905321119999", "wamid.1", "Are you there?");
  warm = line_accept (fixture, ID_2, "{'to': '905321119999', 'text': 'Yes'}");
  heads = line_heads (fixture);
  g_assert_cmpuint (heads->heads->len, ==, 2);
  g_assert_cmpstr (((UlakLaneHead *) g_ptr_array_index (heads->heads, 0))->id, ==, ID_2);
  g_assert_true (((UlakLaneHead *) g_ptr_array_index (heads->heads, 1))->is_cold);
}

static void
test_one_person (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) content = parse_json ("{'type': 'text', 'text': 'Hello'}");
  g_autoptr (JsonObject) contact = parse_json ("{'wa_id': '905321112233', 'user_id': 'TR.1', 'name': 'Ada'}");
  UlakInboundMessage message = {
    .chat = "905321112233", .network_id = "m1", .from = "905321112233", .content = content, .contact = contact
  };
  UlakInboundMessage later = { .chat = "TR.1", .network_id = "m2", .from = "TR.1", .content = content };
  g_autoptr (JsonObject) second = NULL;
  g_autofree char *status = NULL;
  g_autoptr (UlakClaim) claim = NULL;

  later.contact = contact;
  ulak_inbound_add_message (inbound, &message);
  ulak_inbound_add_message (inbound, &later);
  g_assert_cmpuint (line_commit (fixture, inbound), ==, 2);
  second = line_get (fixture, "m2");
  g_assert_cmpstr (json_object_get_string_member (second, "chat"), ==, "905321112233");
  status = line_accept (fixture, ID_1, "{'to': 'TR.1', 'text': 'Hi'}");
  claim = claim_first (fixture);
  g_assert_cmpstr (claim->chat, ==, "905321112233");
}

static void
test_lists (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *page = NULL;
  g_autofree char *next = NULL;
  g_autofree char *rest = NULL;
  g_autofree char *end = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Wait) wait = { 0 };
  g_auto (Wait) second = { 0 };
  g_auto (Wait) bad = { 0 };
  JsonObject *chat;

  line_commit_text (fixture, "905321110001", "m1", "one");
  ulak_fake_clock_advance_ms (fixture->clock, 1000);
  line_commit_text (fixture, "905321110002", "m2", "two");
  ulak_line_store_list_chats_async (fixture->store, "", 1, wait_cb, &wait);
  page = ulak_line_store_list_finish (fixture->store, wait_result (&wait), &next, &error);
  g_assert_no_error (error);
  node = json_from_string (page, NULL);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (node)), ==, 1);
  chat = json_array_get_object_element (json_node_get_array (node), 0);
  g_assert_cmpstr (json_object_get_string_member (chat, "id"), ==, "905321110002");
  g_assert_cmpint (json_object_get_int_member (chat, "unread"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (chat, "last_message"), "text"),
                   ==, "two");
  g_assert_cmpstr (next, !=, "");
  ulak_line_store_list_chats_async (fixture->store, next, 1, wait_cb, &second);
  rest = ulak_line_store_list_finish (fixture->store, wait_result (&second), &end, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (rest, "905321110001"));
  g_assert_cmpstr (end, ==, "");
  ulak_line_store_list_messages_async (fixture->store, "905321110001", "nonsense", 1, wait_cb, &bad);
  g_assert_null (ulak_line_store_list_finish (fixture->store, wait_result (&bad), NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
test_trim (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *last = NULL;
  g_auto (Wait) wait = { 0 };
  g_auto (Wait) gone = { 0 };
  guint trimmed = 0;

  line_commit_text (fixture, "905321110001", "m1", "one");
  line_commit_text (fixture, "905321110001", "m2", "two");
  g_free (line_events (fixture));
  ulak_line_store_trim_chats_async (fixture->store, "", 1, 100, wait_cb, &wait);
  g_assert_true (
      ulak_line_store_trim_chats_finish (fixture->store, wait_result (&wait), &trimmed, &last, &error));
  g_assert_cmpuint (trimmed, ==, 1);
  g_assert_cmpstr (last, ==, "905321110001");
  ulak_line_store_get_message_async (fixture->store, "m1", wait_cb, &gone);
  g_assert_null (ulak_line_store_get_message_finish (fixture->store, wait_result (&gone), &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
  line_commit_text (fixture, "905321110001", "m1", "one"); /* cleaned up, and still not new */
  assert_events (fixture, "");
}

static void
commit_event (LineFixture *fixture, const char *chat, gint64 timestamp_us, const char *data)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) object = parse_json (data);

  ulak_inbound_add_event (inbound, "account.updated", chat, timestamp_us, object);
  line_commit (fixture, inbound);
}

static void
test_repeated_event (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  commit_event (fixture, NULL, 1, "{'field': 'account_update'}");
  commit_event (fixture, NULL, 1, "{'field': 'account_update'}");
  commit_event (fixture, NULL, 2, "{'field': 'account_update'}");
  commit_event (fixture, "905321112233", 1, "{'field': 'account_update'}");
  commit_event (fixture, NULL, 1, "{'field': 'another'}");
  assert_events (fixture, "account.updated account.updated account.updated account.updated");
  commit_event (fixture, NULL, 2, "{'field': 'account_update'}");
  assert_events (fixture, "");
}

/* What the event log would say to everything in the outbox; their data in a row. */
static char *
take_data (LineFixture *fixture)
{
  g_auto (Wait) read = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = NULL;
  g_autofree char *types = NULL;
  GString *all = g_string_new (NULL);

  ulak_line_store_read_outbox_async (fixture->store, 0, 100, 64 * 1024 * 1024, wait_cb, &read);
  events = ulak_line_store_read_outbox_finish (fixture->store, wait_result (&read), NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < events->len; i++)
    {
      const UlakOutboxEvent *event = g_ptr_array_index (events, i);

      g_assert_true (ulak_json_scan (event->data, strlen (event->data), &ULAK_JSON_LIMITS_EVENT, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (strlen (event->chat), <=, ULAK_EVENT_CHAT_MAX_BYTES);
      g_string_append (all, event->data);
    }
  types = line_events (fixture);
  return g_string_free (all, FALSE);
}

static guint
read_after (LineFixture *fixture, gint64 *after, guint limit, gsize max_bytes, gboolean *has_more_out)
{
  g_auto (Wait) read = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = NULL;

  ulak_line_store_read_outbox_async (fixture->store, *after, limit, max_bytes, wait_cb, &read);
  events = ulak_line_store_read_outbox_finish (fixture->store, wait_result (&read), has_more_out, &error);
  g_assert_no_error (error);
  if (events->len > 0)
    *after = ((UlakOutboxEvent *) g_ptr_array_index (events, events->len - 1))->sequence;
  return events->len;
}

/* What was read already may still be there. */
static void
test_outbox_in_parts (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *types = NULL;
  gboolean has_more;
  gint64 after = 0;

  for (guint i = 1; i <= 5; i++)
    commit_event (fixture, NULL, i, "{'field': 'account_update'}");
  g_assert_cmpuint (read_after (fixture, &after, 2, 1024, &has_more), ==, 2);
  g_assert_true (has_more);
  g_assert_cmpuint (read_after (fixture, &after, 2, 1, &has_more), ==, 1);
  g_assert_true (has_more);
  g_assert_cmpuint (read_after (fixture, &after, 2, 1024, &has_more), ==, 2);
  g_assert_false (has_more);
  g_assert_cmpuint (read_after (fixture, &after, 2, 1024, &has_more), ==, 0);
  g_assert_false (has_more);
  types = line_events (fixture); /* and empties it */
  commit_event (fixture, NULL, 6, "{'field': 'account_update'}");
  g_assert_cmpuint (read_after (fixture, &after, 2, 1024, &has_more), ==, 1);
}

static void
test_event_too_large (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *filler = g_strnfill (300 * 1024, 'x');
  g_autofree char *long_chat = g_strnfill (300, '9');
  g_autofree char *large = g_strdup_printf ("{'field': 'account_update', 'value': '%s'}", filler);
  g_autofree char *all = NULL;

  commit_event (fixture, long_chat, 1, large);
  all = take_data (fixture);
  g_assert_cmpstr (all, ==, "{\"field\":\"account_update\",\"truncated\":true}");
}

static void
test_message_too_large (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *filler = g_strnfill (300 * 1024, 'x');
  g_autoptr (GString) many = g_string_new ("{'type': 'unsupported', 'raw': {'list': [0");
  g_autoptr (JsonObject) content = NULL;
  UlakInbound *inbound = ulak_inbound_new ();
  g_autofree char *all = NULL;

  line_commit_text (fixture, "905321112233", "wamid.1", filler);
  for (guint i = 0; i < 20001; i++)
    g_string_append (many, ",0");
  g_string_append (many, "]}}");
  content = parse_json (many->str);
  ulak_inbound_add_message (inbound, &(const UlakInboundMessage){ .chat = "905321112233",
                                                                 .from = "905321112233",
                                                                 .network_id = "wamid.2",
                                                                 .content = content });
  line_commit (fixture, inbound);
  all = take_data (fixture);
  g_assert_nonnull (strstr (all, "wamid.1"));
  g_assert_nonnull (strstr (all, "wamid.2"));
  g_assert_nonnull (strstr (all, "\"truncated\":true"));
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*func) (LineFixture *fixture, gconstpointer data);
  } cases[] = {
    { "the same id and document again is answered and stored once", test_same_id },
    { "the same id with another document is a conflict", test_conflict },
    { "a full queue takes no more", test_full },
    { "a medium that is not here is an issue", test_unknown_medium },
    { "an accepted message is found by the network's id", test_sent },
    { "one message of a chat is on its way at a time", test_one_on_its_way },
    { "a retry is held until its time and counts its tries", test_retry_waits },
    { "what was being sent when the process died has an unknown outcome", test_killed_while_sending },
    { "what was being sent when the process died is sent again where the id protects", test_killed_and_sent_again },
    { "a status that echoes our id resolves an unknown outcome", test_opaque_id_resolves },
    { "a status may come before the answer of the send", test_status_before_answer },
    { "a status without our id waits for the answer of the send", test_early_status },
    { "statuses never move a message backwards", test_never_backwards },
    { "duplicates are stored once", test_duplicates },
    { "an event that the network repeats is told once", test_repeated_event },
    { "an event that the log would refuse is cut, not held", test_event_too_large },
    { "a message that the log would refuse as an event is cut there", test_message_too_large },
    { "an inbound batch is one transaction with its extra work", test_one_transaction },
    { "an expired message fails and lets the next one pass", test_expiry },
    { "chats that wrote lately come first", test_replies_first },
    { "a person under two ids has one chat", test_one_person },
    { "the outbox is read in parts", test_outbox_in_parts },
    { "lists page from new to old", test_lists },
    { "cleaned up messages do not come back as new", test_trim },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/line-store/", cases[i].name, NULL);
      g_test_add (path, LineFixture, NULL, line_fixture_set_up, cases[i].func, line_fixture_tear_down);
    }
  return g_test_run ();
}
