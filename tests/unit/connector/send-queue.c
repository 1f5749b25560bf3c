/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/send-queue.h"

#include "connector/pace.h"
#include "core/error.h"
#include "store/database-private.h"

#include "unit/connector/line-fixture.h"
#include "unit/fakes/backend.h"

#define ID_1 "01900000-0000-7000-8000-000000000001"
#define ID_2 "01900000-0000-7000-8000-000000000002"
#define ID_3 "01900000-0000-7000-8000-000000000003"
#define HELLO "{'to': '+905321112233', 'text': 'Hello'}"
#define OTHER "{'to': '+905321119999', 'text': 'Hello'}"

typedef struct
{
  LineFixture line;
  UlakFakeBackend *backend;
  UlakSendQueue *queue;
  UlakMetrics *metrics;
} QueueFixture;

static guint
count_unfinished (QueueFixture *fixture)
{
  UlakStoreStatus status;

  ulak_store_get_status (ulak_line_store_get_store (fixture->line.store), &status);
  return status.unfinished;
}

/* Everything that the queue set going is over: no work of the store is on its way, and no source is ready. */
static void
settle_down (QueueFixture *fixture)
{
  while (g_main_context_iteration (NULL, count_unfinished (fixture) > 0))
    ;
}

static void
advance (QueueFixture *fixture, gint64 by_ms)
{
  ulak_fake_clock_advance_ms (fixture->line.clock, by_ms);
  settle_down (fixture);
}

static void
make_queue (QueueFixture *fixture)
{
  UlakSendQueueOptions options
      = { .concurrency = 2, .attempts = 3, .backoff = { 1000, 300000, 0 }, .unknown_wait_ms = 60000 };

  fixture->queue = ulak_send_queue_new (fixture->line.store, ULAK_CLOCK (fixture->line.clock),
                                        ULAK_RANDOM (fixture->line.random), fixture->metrics, &options);
  ulak_send_queue_set_backend (fixture->queue, ULAK_BACKEND (fixture->backend));
  ulak_send_queue_set_ready (fixture->queue, TRUE);
  settle_down (fixture);
}

static void
drain (QueueFixture *fixture)
{
  g_auto (Wait) wait = { 0 };

  ulak_send_queue_drain_async (fixture->queue, wait_cb, &wait);
  g_assert_true (ulak_send_queue_drain_finish (fixture->queue, wait_result (&wait), NULL));
}

static void
set_up (QueueFixture *fixture, gconstpointer data)
{
  line_fixture_set_up (&fixture->line, data);
  fixture->backend = ulak_fake_backend_new ();
  fixture->metrics = ulak_metrics_new ();
  make_queue (fixture);
}

static void
tear_down (QueueFixture *fixture, gconstpointer data)
{
  drain (fixture);
  settle_down (fixture);
  g_clear_object (&fixture->queue);
  g_clear_object (&fixture->backend);
  g_clear_pointer (&fixture->metrics, ulak_metrics_unref);
  line_fixture_tear_down (&fixture->line, data);
}

static void
send (QueueFixture *fixture, const char *id, const char *message)
{
  g_autofree char *status = line_accept (&fixture->line, id, message);

  ulak_send_queue_kick (fixture->queue);
  settle_down (fixture);
}

/* As the door of the line does it: with a permit where there is one. Returns whether it was claimed with the accept. */
static gboolean
send_at_once (QueueFixture *fixture, const char *id, const char *chat)
{
  g_autofree char *text = g_strdup_printf ("{'to': '%s', 'text': 'Hello'}", chat);
  g_autofree char *status = NULL;
  g_autoptr (JsonObject) message = parse_json (text);
  g_auto (Wait) wait = { 0 };
  UlakSendPermit permit;
  UlakLaneHead *head;
  UlakClaim *claim;
  gboolean is_permitted = ulak_send_queue_permit (fixture->queue, chat, &permit);
  gboolean is_claimed;

  ulak_line_store_accept_async (fixture->line.store, id, message, is_permitted ? &permit : NULL, wait_cb, &wait);
  status = ulak_line_store_accept_finish (fixture->line.store, wait_result (&wait), &head, &claim, NULL);
  g_assert_cmpstr (status, ==, "pending");
  is_claimed = claim != NULL;
  if (is_permitted)
    ulak_send_queue_use_permit (fixture->queue, chat, head, claim);
  else
    ulak_send_queue_kick (fixture->queue);
  settle_down (fixture);
  return is_claimed;
}

static void
apply (QueueFixture *fixture, const char *changes)
{
  UlakLineSettings defaults, settings;
  g_autoptr (JsonObject) values = parse_json (changes);

  ulak_line_settings_init (&defaults);
  ulak_line_settings_apply (&settings, &defaults, values);
  ulak_send_queue_apply_settings (fixture->queue, &settings);
  settle_down (fixture);
}

static char *
hold_reason (QueueFixture *fixture, const char *id)
{
  g_autoptr (JsonObject) message = line_get (&fixture->line, id);

  if (!json_object_has_member (message, "hold"))
    return NULL;
  return g_strdup (json_object_get_string_member (json_object_get_object_member (message, "hold"), "reason"));
}

#define assert_hold(fixture, id, expected) \
  G_STMT_START \
  { \
    g_autofree char *reason_ = hold_reason (fixture, id); \
    g_assert_cmpstr (reason_, ==, expected); \
  } \
  G_STMT_END

#define assert_status(fixture, id, expected) g_assert_cmpstr (line_status (&(fixture)->line, id), ==, expected)
#define assert_sent(fixture, n) g_assert_cmpuint (ulak_fake_backend_count_sent ((fixture)->backend), ==, n)

static void
test_order (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_set_slow (fixture->backend, TRUE);
  send (fixture, ID_1, HELLO);
  send (fixture, ID_2, HELLO);
  send (fixture, ID_3, OTHER);
  assert_sent (fixture, 2);
  g_assert_cmpstr (ulak_fake_backend_get_sent (fixture->backend, 0), ==, ID_1);
  g_assert_cmpstr (ulak_fake_backend_get_sent (fixture->backend, 1), ==, ID_3);
  g_assert_cmpuint (ulak_send_queue_get_in_flight (fixture->queue), ==, 2);
  ulak_fake_backend_release (fixture->backend);
  settle_down (fixture);
  assert_sent (fixture, 3);
  g_assert_cmpstr (ulak_fake_backend_get_sent (fixture->backend, 2), ==, ID_2);
  ulak_fake_backend_release (fixture->backend);
  ulak_fake_backend_release (fixture->backend);
  settle_down (fixture);
  assert_status (fixture, ID_2, "sent");
}

static void
test_concurrency (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_set_slow (fixture->backend, TRUE);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *id = g_strdup_printf ("01900000-0000-7000-8000-00000000010%u", i);
      g_autofree char *message = g_strdup_printf ("{'to': '90532111000%u', 'text': 'Hello'}", i);
      send (fixture, id, message);
    }
  assert_sent (fixture, 2);
  for (guint i = 0; i < 5; i++)
    {
      ulak_fake_backend_release (fixture->backend);
      settle_down (fixture);
      g_assert_cmpuint (ulak_send_queue_get_in_flight (fixture->queue), <=, 2);
    }
  assert_sent (fixture, 5);
}

static void
test_retries (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  for (guint i = 0; i < 3; i++)
    ulak_fake_backend_plan (fixture->backend, ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, 0);
  send (fixture, ID_1, HELLO);
  assert_sent (fixture, 1);
  assert_hold (fixture, ID_1, "retry");
  assert_status (fixture, ID_1, "pending"); /* a second is no hold to speak of */
  advance (fixture, 999);
  assert_sent (fixture, 1);
  advance (fixture, 1);
  assert_sent (fixture, 2);
  advance (fixture, 2000);
  assert_sent (fixture, 3);
  assert_status (fixture, ID_1, "failed");
  g_assert_cmpuint (ulak_line_store_get_depth (fixture->line.store), ==, 0);
}

static void
set_back (QueueFixture *fixture, UlakSendScope scope)
{
  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_RETRY, scope, 0);
  send (fixture, ID_1, HELLO);
  assert_sent (fixture, 1);
  ulak_fake_clock_jump_wall_us (fixture->line.clock, -3600 * G_GINT64_CONSTANT (1000000));
  advance (fixture, 1000);
  assert_sent (fixture, 2);
  assert_status (fixture, ID_1, "sent");
}

static void
test_set_back_message (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  set_back (fixture, ULAK_SEND_SCOPE_MESSAGE);
}

static void
test_set_back_line (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  set_back (fixture, ULAK_SEND_SCOPE_LINE);
}

static void
test_retry_after (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_RETRY, ULAK_SEND_SCOPE_RECIPIENT, 30000);
  send (fixture, ID_1, HELLO);
  send (fixture, ID_2, HELLO);
  send (fixture, ID_3, OTHER);
  assert_sent (fixture, 2); /* the other recipient does not wait */
  assert_status (fixture, ID_1, "held");
  assert_status (fixture, ID_3, "sent");
  advance (fixture, 29999);
  assert_sent (fixture, 2);
  advance (fixture, 1);
  assert_sent (fixture, 4);
  assert_status (fixture, ID_2, "sent");
}

static void
test_line_scope (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  gint64 until_us;

  for (guint i = 0; i < 8; i++)
    ulak_fake_backend_plan (fixture->backend, ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, 10000);
  send (fixture, ID_1, HELLO);
  send (fixture, ID_3, OTHER);
  assert_sent (fixture, 1);
  g_assert_cmpstr (ulak_send_queue_get_hold (fixture->queue, &until_us), ==, "retry");
  assert_status (fixture, ID_3, "held");
  for (guint i = 0; i < 7; i++)
    {
      advance (fixture, 200000);
      assert_sent (fixture, 2 + i); /* one probe each time, although two wait */
    }
  advance (fixture, 200000);
  assert_status (fixture, ID_1,
                 "sent"); /* eight refusals of two messages, and three tries of each are the limit */
  assert_status (fixture, ID_3, "sent");
  g_assert_null (ulak_send_queue_get_hold (fixture->queue, &until_us));
}

static void
test_failed (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *events = NULL;

  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_FAILED, ULAK_SEND_SCOPE_MESSAGE, 0);
  send (fixture, ID_1, HELLO);
  assert_sent (fixture, 1);
  assert_status (fixture, ID_1, "failed");
  events = line_events (&fixture->line);
  g_assert_cmpstr (events, ==, "message.failed");
}

static void
test_unknown_resend (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, 0);
  send (fixture, ID_1, HELLO);
  assert_status (fixture, ID_1, "unknown");
  assert_hold (fixture, ID_1, "unknown_outcome");
  advance (fixture, 59999);
  assert_sent (fixture, 1);
  advance (fixture, 1);
  assert_sent (fixture, 2);
  assert_status (fixture, ID_1, "sent");
}

static void
test_unknown_hold (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  apply (fixture, "{'unknown_outcome': 'hold'}");
  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, 0);
  send (fixture, ID_1, HELLO);
  send (fixture, ID_2, HELLO);
  advance (fixture, 60000);
  assert_status (fixture, ID_1, "unknown");
  assert_status (fixture, ID_2, "sent"); /* its chat goes on */
  assert_sent (fixture, 2);
  line_commit_status (&fixture->line, "wamid.7", ID_1, "delivered"); /* and late news still count */
  assert_status (fixture, ID_1, "delivered");
}

static void
test_unknown_resolved (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, 0);
  send (fixture, ID_1, HELLO);
  line_commit_status (&fixture->line, "wamid.7", ID_1, "sent");
  advance (fixture, 120000);
  assert_sent (fixture, 1);
  assert_status (fixture, ID_1, "sent");
}

static void
test_restart (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_set_slow (fixture->backend, TRUE);
  send (fixture, ID_1, HELLO);
  assert_sent (fixture, 1);
  ulak_fake_backend_release (fixture->backend);
  drain (fixture);
  g_clear_object (&fixture->queue);
  line_fixture_reopen (&fixture->line);
  make_queue (fixture);
  assert_status (fixture, ID_1, "sent");
  assert_sent (fixture, 1);
}

static void
test_pair_hold (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  apply (fixture, "{'pair_burst': 1, 'pair_interval_ms': 8000}");
  send (fixture, ID_1, HELLO);
  send (fixture, ID_2, HELLO);
  assert_sent (fixture, 1);
  assert_status (fixture, ID_2, "held");
  assert_hold (fixture, ID_2, "rate_recipient");
  g_assert_cmpuint (ulak_line_store_get_held (fixture->line.store), ==, 1);
  advance (fixture, 8000);
  assert_status (fixture, ID_2, "sent");
  g_assert_cmpuint (ulak_line_store_get_held (fixture->line.store), ==, 0);
}

static void
test_short_pair_wait (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  apply (fixture, "{'pair_burst': 1, 'pair_interval_ms': 2000}");
  send (fixture, ID_1, HELLO);
  send (fixture, ID_2, HELLO);
  assert_status (fixture, ID_2, "pending");
  advance (fixture, 2000);
  assert_status (fixture, ID_2, "sent");
}

static void
test_not_ready (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_send_queue_set_ready (fixture->queue, FALSE);
  send (fixture, ID_1, HELLO);
  assert_sent (fixture, 0);
  assert_status (fixture, ID_1, "pending");
  advance (fixture, 5000);
  assert_status (fixture, ID_1, "held");
  assert_hold (fixture, ID_1, "disconnected");
  ulak_send_queue_set_ready (fixture->queue, TRUE);
  settle_down (fixture);
  assert_status (fixture, ID_1, "sent");
}

static void
test_replies_first (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  apply (fixture, "{'rate_per_second': 1}");
  send (fixture, ID_1, OTHER); /* takes the only token */
  send (fixture, ID_2, "{'to': '905321110000', 'text': 'cold'}");
  line_commit_text (&fixture->line, "905321112233", "wamid.1", "Are you there?");
  send (fixture, ID_3, HELLO);
  advance (fixture, 1000);
  assert_sent (fixture, 2);
  g_assert_cmpstr (ulak_fake_backend_get_sent (fixture->backend, 1), ==, ID_3);
  advance (fixture, 1000);
  assert_sent (fixture, 3);
}

/* The network locked the line for strangers: answers still go, and whoever writes is answered at once. */
static void
test_time_lock (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_RETRY, ULAK_SEND_SCOPE_COLD, 3600000);
  ulak_fake_backend_set_hold_reason (fixture->backend, "time_lock");
  send (fixture, ID_1, OTHER);
  assert_status (fixture, ID_1, "held");
  assert_hold (fixture, ID_1, "time_lock");
  send (fixture, ID_2, "{'to': '905321110000', 'text': 'cold'}");
  assert_sent (fixture, 1);
  assert_hold (fixture, ID_2, "time_lock");
  line_commit_text (&fixture->line, "905321112233", "wamid.1", "Are you there?");
  send (fixture, ID_3, HELLO);
  assert_sent (fixture, 2);
  assert_status (fixture, ID_3, "sent");
  line_commit_text (&fixture->line, "905321110000", "wamid.2", "Hello?");
  ulak_send_queue_kick (fixture->queue);
  settle_down (fixture);
  assert_status (fixture, ID_2, "sent");
  assert_status (fixture, ID_1, "held");
  advance (fixture, 3600000);
  assert_status (fixture, ID_1, "sent");
}

static void
test_retry_held (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_RETRY, ULAK_SEND_SCOPE_COLD, 3600000);
  ulak_fake_backend_set_hold_reason (fixture->backend, "time_lock");
  send (fixture, ID_1, OTHER);
  send (fixture, ID_2, HELLO);
  assert_sent (fixture, 1);
  ulak_send_queue_retry_held (fixture->queue, "time_lock");
  settle_down (fixture);
  assert_status (fixture, ID_1, "sent");
  assert_status (fixture, ID_2, "sent");
}

static void
test_new_contacts (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  apply (fixture, "{'new_contact_interval_s': 60}");
  for (guint i = 0; i < 7; i++)
    {
      g_autofree char *id = g_strdup_printf ("01900000-0000-7000-8000-00000000010%u", i);
      g_autofree char *message = g_strdup_printf ("{'to': '90532111000%u', 'text': 'Hello'}", i);
      send (fixture, id, message);
    }
  assert_sent (fixture, 5);
  assert_hold (fixture, "01900000-0000-7000-8000-000000000105", "new_contact");
  send (fixture, ID_1, "{'to': '905321110000', 'text': 'once more'}"); /* no longer a new one */
  assert_sent (fixture, 6);
  send (fixture, ID_2, "{'to': '120363000000000001@g.us', 'text': 'a group is no person'}");
  assert_sent (fixture, 7);
  advance (fixture, 60000);
  assert_sent (fixture, 8);
  advance (fixture, 60000);
  assert_sent (fixture, 9);
}

/* The clock of the tests stands at half past eight. */
static void
test_quiet_hours (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  apply (fixture, "{'quiet_hours': '22:00-09:00'}");
  send (fixture, ID_1, OTHER);
  assert_sent (fixture, 0);
  assert_hold (fixture, ID_1, "quiet_hours");
  line_commit_text (&fixture->line, "905321112233", "wamid.1", "Are you there?");
  send (fixture, ID_2, HELLO);
  assert_status (fixture, ID_2, "sent");
  advance (fixture, 30 * 60 * 1000);
  assert_status (fixture, ID_1, "sent");
}

/* A network that knows the id: an unknown outcome is no reason to wait. */
static void
test_idempotent (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_set_idempotent (fixture->backend, TRUE);
  ulak_fake_backend_plan (fixture->backend, ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, 0);
  send (fixture, ID_1, HELLO);
  assert_sent (fixture, 2);
  assert_status (fixture, ID_1, "sent");
  for (guint i = 0; i < 3; i++)
    ulak_fake_backend_plan (fixture->backend, ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, 0);
  send (fixture, ID_2, HELLO);
  advance (fixture, 600000);
  assert_status (fixture, ID_2, "unknown"); /* the tries are used up; "failed" would be a guess */
  assert_sent (fixture, 5);
  ulak_fake_backend_set_idempotent (fixture->backend, FALSE);
}

#define ONE "905321112233"
#define TWO "905321119999"

static void
test_permit (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_false (send_at_once (fixture, ID_1, ONE)); /* a repeat would be another message */
  ulak_fake_backend_set_idempotent (fixture->backend, TRUE);
  g_assert_true (send_at_once (fixture, ID_2, ONE));
  assert_sent (fixture, 2);
  assert_status (fixture, ID_2, "sent");
  g_assert_cmpuint (ulak_send_queue_get_in_flight (fixture->queue), ==, 0);
  ulak_send_queue_set_ready (fixture->queue, FALSE);
  g_assert_false (send_at_once (fixture, ID_3, ONE));
  assert_sent (fixture, 2);
  ulak_send_queue_set_ready (fixture->queue, TRUE);
  settle_down (fixture);
  assert_status (fixture, ID_3, "sent");
  ulak_fake_backend_set_idempotent (fixture->backend, FALSE);
}

/* One of a chat at a time, and in their order. */
static void
test_permit_keeps_order (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_fake_backend_set_idempotent (fixture->backend, TRUE);
  ulak_fake_backend_set_slow (fixture->backend, TRUE);
  g_assert_true (send_at_once (fixture, ID_1, ONE));
  g_assert_false (send_at_once (fixture, ID_2, ONE));
  g_assert_true (send_at_once (fixture, ID_3, TWO));
  assert_sent (fixture, 2);
  ulak_fake_backend_set_slow (fixture->backend, FALSE);
  ulak_fake_backend_release (fixture->backend);
  ulak_fake_backend_release (fixture->backend);
  settle_down (fixture);
  assert_sent (fixture, 3);
  g_assert_cmpstr (ulak_fake_backend_get_sent (fixture->backend, 2), ==, ID_2);
  ulak_fake_backend_set_idempotent (fixture->backend, FALSE);
}

/* What was accepted before, and waits, goes first; a permit that finds it is not used. */
static void
test_permit_waits_behind_others (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = NULL;

  ulak_fake_backend_set_idempotent (fixture->backend, TRUE);
  ulak_fake_backend_set_slow (fixture->backend, TRUE);
  status = line_accept (&fixture->line, ID_1, HELLO);
  g_assert_false (send_at_once (fixture, ID_2, ONE));
  assert_sent (fixture, 1);
  g_assert_cmpstr (ulak_fake_backend_get_sent (fixture->backend, 0), ==, ID_1);
  g_assert_cmpuint (ulak_send_queue_get_in_flight (fixture->queue), ==, 1);
  ulak_fake_backend_set_slow (fixture->backend, FALSE);
  ulak_fake_backend_release (fixture->backend);
  settle_down (fixture);
  assert_sent (fixture, 2);
  ulak_fake_backend_set_idempotent (fixture->backend, FALSE);
}

/* New people have a pace of their own, which a permit does not pass by. */
static void
test_permit_keeps_pace (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  guint n_claimed = 0;

  ulak_fake_backend_set_idempotent (fixture->backend, TRUE);
  apply (fixture, "{'new_contact_interval_s': 60}");
  for (guint i = 0; i < ULAK_PACE_CONTACT_BURST + 2; i++)
    {
      g_autofree char *id = g_strdup_printf ("01900000-0000-7000-8000-%012u", i + 1);
      g_autofree char *chat = g_strdup_printf ("90532111%04u", i);

      n_claimed += send_at_once (fixture, id, chat) ? 1 : 0;
    }
  g_assert_cmpuint (n_claimed, ==, ULAK_PACE_CONTACT_BURST);
  assert_sent (fixture, ULAK_PACE_CONTACT_BURST);
  g_assert_true (send_at_once (fixture, "01900000-0000-7000-8000-000000000099", "905321110000")); /* known by now */
  ulak_fake_backend_set_idempotent (fixture->backend, FALSE);
}

/* What a permit was given for is as good as gone: nothing else takes its turn meanwhile. */
static void
test_permit_counts (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *status = NULL;
  UlakSendPermit permit;

  ulak_fake_backend_set_idempotent (fixture->backend, TRUE);
  apply (fixture, "{'rate_per_minute': 1}");
  g_assert_true (ulak_send_queue_permit (fixture->queue, TWO, &permit));
  status = line_accept (&fixture->line, ID_1, HELLO);
  ulak_send_queue_kick (fixture->queue);
  settle_down (fixture);
  assert_sent (fixture, 0);
  ulak_send_queue_use_permit (fixture->queue, TWO, NULL, NULL);
  settle_down (fixture);
  assert_sent (fixture, 1);
  ulak_fake_backend_set_idempotent (fixture->backend, FALSE);
}

/* A crash between the commit and the first byte: it is sent after the start. */
static void
test_permit_survives (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  UlakSendPermit permit = { .chat = ONE, .may_be_cold = TRUE, .may_be_new = TRUE };
  g_autoptr (JsonObject) message = parse_json (HELLO);
  g_autofree char *status = NULL;
  g_autoptr (UlakLaneHead) head = NULL;
  g_autoptr (UlakClaim) claim = NULL;
  g_auto (Wait) wait = { 0 };

  drain (fixture);
  g_clear_object (&fixture->queue);
  ulak_line_store_accept_async (fixture->line.store, ID_1, message, &permit, wait_cb, &wait);
  status = ulak_line_store_accept_finish (fixture->line.store, wait_result (&wait), &head, &claim, NULL);
  g_assert_nonnull (claim);
  g_assert_cmpstr (claim->id, ==, ID_1);
  g_clear_pointer (&head, ulak_lane_head_free);
  wait_clear (&wait);
  wait = (Wait){ 0 };
  fixture->line.recovers_later = TRUE;
  line_fixture_reopen (&fixture->line);
  ulak_line_store_recover_async (fixture->line.store, TRUE, wait_cb, &wait);
  g_assert_true (ulak_line_store_finish (fixture->line.store, wait_result (&wait), NULL));
  make_queue (fixture);
  assert_sent (fixture, 1);
  assert_status (fixture, ID_1, "sent");
}

/* --- parcels: a backend that keeps a row for each --- */

typedef enum
{
  PACKS,
  LACKS,
  FAILS,
} Packing;

static gboolean
keep_row (UlakDatabase *database, const UlakOutbound *outbound, gpointer packing, gboolean *is_packed_out, GError **error)
{
  g_assert_cmpstr (json_object_get_string_member (outbound->message, "text"), ==, "Hello");
  if (!ulak_database_run_once (database, "INSERT INTO steps VALUES (1)", error))
    return FALSE;
  *is_packed_out = *(Packing *) packing == PACKS;
  if (*(Packing *) packing == FAILS)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "a row that nobody can read");
  return *(Packing *) packing != FAILS;
}

static gboolean
make_table (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  return ulak_database_run_once (database, "CREATE TABLE steps (n)", error);
}

static gboolean
count_steps (UlakDatabase *database, gpointer data, GError **error)
{
  return ulak_database_get_integer (database, "SELECT count(*) FROM steps", data, error);
}

static void
run_work (QueueFixture *fixture, UlakStoreWork work, gpointer data)
{
  UlakStore *store = ulak_line_store_get_store (fixture->line.store);
  g_autoptr (GError) error = NULL;
  g_auto (Wait) wait = { 0 };

  ulak_store_write_async (store, work, data, NULL, wait_cb, &wait);
  ulak_store_finish (store, wait_result (&wait), &error);
  g_assert_no_error (error);
}

static void
test_parcel (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const struct
  {
    const char *id;
    Packing packing;
    guint n_parcels, n_steps; /* after it */
  } cases[] = { { ID_1, LACKS, 0, 0 }, { ID_2, PACKS, 1, 1 }, { ID_3, FAILS, 1, 1 } };
  Packing packing;
  gint64 n_steps;

  run_work (fixture, make_table, NULL);
  ulak_fake_backend_set_idempotent (fixture->backend, TRUE);
  ulak_fake_backend_set_pack (fixture->backend, keep_row, &packing);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      packing = cases[i].packing;
      g_assert_true (send_at_once (fixture, cases[i].id, ONE));
      assert_status (fixture, cases[i].id, "sent");
      assert_sent (fixture, i + 1);
      g_assert_cmpuint (ulak_fake_backend_count_parcels (fixture->backend), ==, cases[i].n_parcels);
      run_work (fixture, count_steps, &n_steps);
      g_assert_cmpint (n_steps, ==, cases[i].n_steps);
    }
  ulak_fake_backend_set_idempotent (fixture->backend, FALSE);
}

/* What is not claimed is not packed: its turn comes later. */
static void
test_parcel_waits (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Packing packing = PACKS;
  g_autofree char *status = NULL;
  gint64 n_steps;

  run_work (fixture, make_table, NULL);
  ulak_fake_backend_set_idempotent (fixture->backend, TRUE);
  ulak_fake_backend_set_pack (fixture->backend, keep_row, &packing);
  status = line_accept (&fixture->line, ID_1, HELLO);
  g_assert_false (send_at_once (fixture, ID_2, ONE));
  assert_sent (fixture, 2);
  g_assert_cmpuint (ulak_fake_backend_count_parcels (fixture->backend), ==, 0);
  run_work (fixture, count_steps, &n_steps);
  g_assert_cmpint (n_steps, ==, 0);
  ulak_fake_backend_set_idempotent (fixture->backend, FALSE);
}

static void
test_expiry (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ulak_send_queue_set_ready (fixture->queue, FALSE);
  send (fixture, ID_1, "{'to': '905321112233', 'text': 'a', 'expires_at': '2025-11-25T08:30:30Z'}");
  advance (fixture, 30000);
  assert_status (fixture, ID_1, "failed");
  ulak_send_queue_set_ready (fixture->queue, TRUE);
  settle_down (fixture);
  assert_sent (fixture, 0);
}

static void
test_drain (QueueFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Wait) wait = { 0 };

  ulak_fake_backend_set_slow (fixture->backend, TRUE);
  send (fixture, ID_1, HELLO);
  send (fixture, ID_2, HELLO);
  ulak_send_queue_drain_async (fixture->queue, wait_cb, &wait);
  settle_down (fixture);
  g_assert_null (wait.result);
  ulak_fake_backend_release (fixture->backend);
  g_assert_true (ulak_send_queue_drain_finish (fixture->queue, wait_result (&wait), NULL));
  assert_status (fixture, ID_1, "sent");
  assert_status (fixture, ID_2, "pending");
  assert_sent (fixture, 1);
  g_clear_object (&fixture->queue);
  ulak_fake_backend_set_slow (fixture->backend, FALSE);
  make_queue (fixture);
  assert_status (fixture, ID_2, "sent");
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*func) (QueueFixture *fixture, gconstpointer data);
  } cases[] = {
    { "messages of a chat leave one after the other, chats beside each other", test_order },
    { "no more are in flight than allowed", test_concurrency },
    { "a refused message is tried again with backoff, and fails after its tries", test_retries },
    { "a clock that is set back holds no retry up", test_set_back_message },
    { "a clock that is set back holds no line up", test_set_back_line },
    { "a refused recipient waits as long as the network says, others do not", test_retry_after },
    { "a refused line probes with one message and costs none a try", test_line_scope },
    { "a final refusal fails at once", test_failed },
    { "an unknown outcome is sent again after the wait", test_unknown_resend },
    { "an unknown outcome is held when the line says so", test_unknown_hold },
    { "a status ends the wait for an unknown outcome", test_unknown_resolved },
    { "what was settled is not sent again after a restart", test_restart },
    { "a recipient's pace holds with a reason", test_pair_hold },
    { "a short wait is no hold", test_short_pair_wait },
    { "a line that is not ready holds with a reason after five seconds", test_not_ready },
    { "replies go before cold messages", test_replies_first },
    { "a lock of the network holds strangers only", test_time_lock },
    { "a hold may end before its time", test_retry_held },
    { "new people have a pace of their own", test_new_contacts },
    { "quiet hours hold strangers only", test_quiet_hours },
    { "an unknown outcome is sent again at once where the id protects", test_idempotent },
    { "a message for which nobody waits is claimed when it is accepted", test_permit },
    { "what is claimed at once keeps the order of its chat", test_permit_keeps_order },
    { "what waits already goes before what could go at once", test_permit_waits_behind_others },
    { "what is claimed at once keeps the pace of new people", test_permit_keeps_pace },
    { "what may go at once takes its turn of the line's pace", test_permit_counts },
    { "what was claimed at once is sent after a crash", test_permit_survives },
    { "what is claimed at once is packed in the same transaction, or leaves no trace and goes all the same", test_parcel },
    { "what waits is not packed", test_parcel_waits },
    { "a message that expires while held fails", test_expiry },
    { "a drain waits for what is in flight and starts nothing new", test_drain },
  };

  g_setenv ("TZ", "UTC", TRUE); /* quiet hours are those of the machine */
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/send-queue/", cases[i].name, NULL);
      g_test_add (path, QueueFixture, NULL, set_up, cases[i].func, tear_down);
    }
  return g_test_run ();
}
