/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/webhooks/fixture.h"

#include "core/error.h"

#include <string.h>

#define EVERYTHING "{\"url\": \"http://127.0.0.1/hook\"}"

static GPtrArray *
event_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_event_free);
}

static gint64
submit_chat (Fixture *self, const char *chat, const char *data)
{
  return fixture_submit (self, make_event (self, "sales", "message.received", chat, data));
}

/* Claims what is due now and checks which events came, by their data, in order. */
static GPtrArray *
claim_exactly (Fixture *self, gint64 endpoint, const char *expected)
{
  GPtrArray *deliveries = fixture_claim (self, endpoint, 100, NULL);
  g_autoptr (GString) seen = g_string_new (NULL);

  for (guint i = 0; i < deliveries->len; i++)
    g_string_append (seen, ((UlakDelivery *) g_ptr_array_index (deliveries, i))->event->data);
  g_assert_cmpstr (seen->str, ==, expected);
  return deliveries;
}

static void
end_all (Fixture *self, GPtrArray *deliveries)
{
  for (guint i = 0; i < deliveries->len; i++)
    fixture_end (self, g_ptr_array_index (deliveries, i), ULAK_DELIVERY_DELIVERED);
}

static void
claim_and_end (Fixture *self, gint64 endpoint, const char *expected)
{
  g_autoptr (GPtrArray) deliveries = claim_exactly (self, endpoint, expected);

  end_all (self, deliveries);
}

static void
test_submit_is_idempotent (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEvent *event = make_event (self, "sales", "message.received", "1", "{}");
  UlakEvent *again = ulak_event_new (event->id, "sales", "message.received", "1", 5, "{\"n\":2}", -1);
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);

  g_assert_cmpint (fixture_submit (self, event), ==, 1);
  g_assert_cmpint (fixture_submit (self, again), ==, 1);
  g_assert_cmpint (ulak_webhook_store_get_pending (self->store), ==, 1);
  g_assert_cmpint (ulak_webhook_store_get_last_sequence (self->store), ==, 1);
  claim_and_end (self, endpoint->row, "{}");
  g_assert_cmpint (ulak_webhook_store_get_pending (self->store), ==, 0);
}

static void
test_batch_is_all_or_nothing (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  static const struct
  {
    const char *type;
    const char *data;
    UlakError code;
  } bad[] = {
    { "message.received", "[]", ULAK_ERROR_INVALID },
    { "message.received", "{", ULAK_ERROR_INVALID },
    { "Message", "{}", ULAK_ERROR_INVALID },
    { "message.", "{}", ULAK_ERROR_INVALID },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      GPtrArray *events = event_list ();
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (events, make_event (self, "sales", "message.received", "", "{}"));
      g_ptr_array_add (events, make_event (self, "sales", bad[i].type, "", bad[i].data));
      g_assert_cmpint (fixture_submit_all (self, events, &error), ==, 0);
      g_assert_error (error, ULAK_ERROR, (int) bad[i].code);
    }
  g_assert_cmpint (ulak_webhook_store_get_last_sequence (self->store), ==, 0);
}

static void
test_oversized_event_is_refused (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *filler = g_strnfill (ULAK_EVENT_DATA_MAX_BYTES, 'x');
  g_autofree char *big = g_strdup_printf ("{\"x\":\"%s\"}", filler);
  GPtrArray *events = event_list ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (events, make_event (self, "sales", "message.received", "", big));
  fixture_submit_all (self, events, &error);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static void
test_only_the_head_of_a_chat_is_due (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);

  submit_chat (self, "1", "{\"a\":1}");
  submit_chat (self, "1", "{\"a\":2}");
  submit_chat (self, "2", "{\"b\":1}");
  submit_chat (self, "1", "{\"a\":3}");
  claim_and_end (self, endpoint->row, "{\"a\":1}{\"b\":1}");
  claim_and_end (self, endpoint->row, "{\"a\":2}");
  claim_and_end (self, endpoint->row, "{\"a\":3}");
  claim_and_end (self, endpoint->row, "");
}

static void
test_events_without_chat_keep_order_by_type (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);

  fixture_submit (self, make_event (self, "sales", "account.state", "", "{\"s\":1}"));
  fixture_submit (self, make_event (self, "sales", "account.state", "", "{\"s\":2}"));
  fixture_submit (self, make_event (self, "sales", "account.link", "", "{\"l\":1}"));
  fixture_submit (self, make_event (self, "other", "account.state", "", "{\"o\":1}"));
  claim_and_end (self, endpoint->row, "{\"s\":1}{\"l\":1}{\"o\":1}");
  claim_and_end (self, endpoint->row, "{\"s\":2}");
}

static void
test_claimed_delivery_is_not_handed_out_twice (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autoptr (GPtrArray) first = NULL;

  submit_chat (self, "1", "{\"a\":1}");
  first = claim_exactly (self, endpoint->row, "{\"a\":1}");
  claim_and_end (self, endpoint->row, "");
  ulak_webhook_store_release (self->store, g_ptr_array_index (first, 0));
  claim_and_end (self, endpoint->row, "{\"a\":1}");
}

static void
test_large_claimed_deliveries_hide_no_others (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autofree char *filler = g_strnfill (240 * 1024, 'x');
  g_autofree char *document = g_strdup_printf ("{\"a\":\"%s\"}", filler);
  g_autoptr (GPtrArray) first = NULL, second = NULL, third = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *chat = g_strdup_printf ("chat %u", i);

      fixture_submit (self, make_event (self, "sales", "message.received", chat, document));
    }
  first = fixture_claim (self, endpoint->row, 100, NULL); /* ends after 4 MiB */
  g_assert_cmpuint (first->len, <, 20);
  second = fixture_claim (self, endpoint->row, 100, NULL);
  g_assert_cmpuint (first->len + second->len, ==, 20);
  third = fixture_claim (self, endpoint->row, 100, NULL);
  g_assert_cmpuint (third->len, ==, 0);
}

static void
test_end_while_a_claim_reads_is_not_seen_again (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);

  for (guint round = 0; round < 50; round++)
    {
      g_autoptr (GAsyncResult) ended = NULL, claimed = NULL;
      g_autoptr (GPtrArray) first = NULL, second = NULL;
      UlakAttempt attempt = { .at_us = 1, .is_counted = TRUE, .status = 200 };
      gint64 next_due_us;
      gboolean more;

      submit_chat (self, "1", "{}");
      first = fixture_claim (self, endpoint->row, 1, NULL);
      g_assert_cmpuint (first->len, ==, 1);
      ulak_webhook_store_end_async (self->store, g_ptr_array_index (first, 0), ULAK_DELIVERY_DELIVERED, &attempt,
                                    keep_result_cb, &ended);
      ulak_webhook_store_claim_async (self->store, endpoint->row, 10, keep_result_cb, &claimed);
      wait_for_result (&ended);
      second = ulak_webhook_store_claim_finish (self->store, wait_for_result (&claimed), &more, &next_due_us, NULL);
      g_assert_cmpuint (second->len, ==, 0);
    }
}

static void
test_retry_keeps_its_place (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autoptr (GPtrArray) head = NULL;
  gint64 next_due_us = 0;

  submit_chat (self, "1", "{\"a\":1}");
  submit_chat (self, "1", "{\"a\":2}");
  head = claim_exactly (self, endpoint->row, "{\"a\":1}");
  fixture_retry (self, g_ptr_array_index (head, 0), 5 * G_USEC_PER_SEC, 3600 * G_GINT64_CONSTANT (1000000));
  g_ptr_array_unref (fixture_claim (self, endpoint->row, 10, &next_due_us));
  g_assert_cmpint (next_due_us, ==, ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)) + 5 * G_USEC_PER_SEC);
  ulak_fake_clock_advance_ms (self->clock, 5000);
  claim_and_end (self, endpoint->row, "{\"a\":1}");
  claim_and_end (self, endpoint->row, "{\"a\":2}");
}

static void
unblock_after (Fixture *self, gint64 set_back_us)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean more;

  ulak_webhook_store_unblock_async (self->store, set_back_us, keep_result_cb, &result);
  ulak_webhook_store_unblock_finish (self->store, wait_for_result (&result), &more, &error);
  g_assert_no_error (error);
  g_assert_false (more);
}

static void
unblock (Fixture *self)
{
  unblock_after (self, 0);
}

static void
test_clock_set_back_holds_nothing_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  const gint64 hour_us = 3600 * G_GINT64_CONSTANT (1000000);
  g_autoptr (GPtrArray) head = NULL;
  gint64 next_due_us = 0;

  submit_chat (self, "1", "{\"a\":1}");
  head = claim_exactly (self, endpoint->row, "{\"a\":1}");
  fixture_retry (self, g_ptr_array_index (head, 0), 5 * G_USEC_PER_SEC, hour_us);
  submit_chat (self, "1", "{\"a\":2}");
  submit_chat (self, "2", "{\"b\":1}");
  ulak_fake_clock_jump_wall_us (self->clock, -hour_us);
  claim_and_end (self, endpoint->row, "");
  unblock_after (self, hour_us);
  g_clear_pointer (&head, g_ptr_array_unref);
  head = fixture_claim (self, endpoint->row, 10, &next_due_us);
  g_assert_cmpuint (head->len, ==, 1);
  g_assert_cmpstr (((UlakDelivery *) g_ptr_array_index (head, 0))->event->data, ==, "{\"b\":1}");
  g_assert_cmpint (next_due_us, ==, ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)) + 5 * G_USEC_PER_SEC);
  ulak_fake_clock_advance_us (self->clock, hour_us);
  unblock (self);
  claim_and_end (self, endpoint->row, "{\"a\":1}{\"a\":2}");
}

static void
test_failing_head_blocks_its_chat_for_an_hour_only (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autoptr (GPtrArray) head = NULL, next = NULL;
  const gint64 hour_us = 3600 * G_GINT64_CONSTANT (1000000);

  submit_chat (self, "1", "{\"a\":1}");
  submit_chat (self, "1", "{\"a\":2}");
  head = claim_exactly (self, endpoint->row, "{\"a\":1}");
  fixture_retry (self, g_ptr_array_index (head, 0), 10 * hour_us, hour_us);
  ulak_fake_clock_advance_us (self->clock, hour_us - 1);
  unblock (self);
  claim_and_end (self, endpoint->row, "");
  ulak_fake_clock_advance_us (self->clock, 1);
  unblock (self);
  next = claim_exactly (self, endpoint->row, "{\"a\":2}");
  g_assert_true (((UlakDelivery *) g_ptr_array_index (next, 0))->is_late);
  end_all (self, next);
  submit_chat (self, "1", "{\"a\":3}");
  claim_and_end (self, endpoint->row, "{\"a\":3}");
  ulak_fake_clock_advance_us (self->clock, 9 * hour_us);
  claim_and_end (self, endpoint->row, "{\"a\":1}");
  g_assert_cmpint (ulak_webhook_store_get_pending (self->store), ==, 0);
}

static void
test_reopening_hands_out_only_what_has_not_ended (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autoptr (GPtrArray) claimed = NULL;

  submit_chat (self, "1", "{\"a\":1}");
  submit_chat (self, "2", "{\"b\":1}");
  submit_chat (self, "2", "{\"b\":2}");
  claimed = fixture_claim (self, endpoint->row, 100, NULL);
  g_assert_cmpuint (claimed->len, ==, 2);
  fixture_end (self, g_ptr_array_index (claimed, 0), ULAK_DELIVERY_DELIVERED);
  fixture_close (self);
  fixture_open (self);
  g_assert_cmpint (ulak_webhook_store_get_pending (self->store), ==, 2);
  g_assert_cmpint (ulak_webhook_store_get_last_sequence (self->store), ==, 3);
  claim_and_end (self, endpoint->row, "{\"b\":1}");
  claim_and_end (self, endpoint->row, "{\"b\":2}");
}

static void
test_filters_choose_endpoints (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *sent = fixture_add_endpoint (self, "{\"url\":\"http://127.0.0.1/\",\"events\":[\"message.sent\"]}");
  UlakEndpoint *messages = fixture_add_endpoint (self, "{\"url\":\"http://127.0.0.1/\",\"events\":[\"message.*\"]}");
  UlakEndpoint *other = fixture_add_endpoint (self, "{\"url\":\"http://127.0.0.1/\",\"accounts\":[\"other\"]}");
  UlakEndpoint *off = fixture_add_endpoint (self, "{\"url\":\"http://127.0.0.1/\",\"enabled\":false}");

  fixture_submit (self, make_event (self, "sales", "message.sent", "1", "{\"a\":1}"));
  fixture_submit (self, make_event (self, "sales", "message.read", "1", "{\"a\":2}"));
  fixture_submit (self, make_event (self, "other", "account.state", "", "{\"a\":3}"));
  claim_and_end (self, sent->row, "{\"a\":1}");
  claim_and_end (self, sent->row, "");
  claim_and_end (self, messages->row, "{\"a\":1}");
  claim_and_end (self, messages->row, "{\"a\":2}");
  claim_and_end (self, other->row, "{\"a\":3}");
  claim_and_end (self, off->row, "");
}

static const UlakEventPage *
read_log (Fixture *self, gint64 after, guint limit, const UlakEventFilter *filter, GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;
  const UlakEventPage *page;

  ulak_webhook_store_read_async (self->store, after, limit, filter, keep_result_cb, result);
  page = ulak_webhook_store_read_finish (self->store, wait_for_result (result), &error);
  g_assert_no_error (error);
  return page;
}

static void
test_log_is_read_in_commit_order (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GAsyncResult) first = NULL, rest = NULL, filtered = NULL, empty = NULL;
  char *types[] = { (char *) "account.*", NULL };
  UlakEventFilter filter = { .types = types };
  const UlakEventPage *page;

  page = read_log (self, 0, 10, NULL, &empty);
  g_assert_cmpint (page->oldest_sequence, ==, 1);
  for (guint i = 0; i < 5; i++)
    submit_chat (self, "1", "{}");
  fixture_submit (self, make_event (self, "sales", "account.state", "", "{\"s\":1}"));
  page = read_log (self, 0, 2, NULL, &first);
  g_assert_cmpuint (page->events->len, ==, 2);
  g_assert_cmpint (page->searched_sequence, ==, 2);
  page = read_log (self, 2, 500, NULL, &rest);
  g_assert_cmpuint (page->events->len, ==, 4);
  g_assert_cmpint (page->searched_sequence, ==, 6);
  page = read_log (self, 0, 500, &filter, &filtered);
  g_assert_cmpuint (page->events->len, ==, 1);
  g_assert_cmpint (page->searched_sequence, ==, 6);
}

static void
retain (Fixture *self, gint64 max_age_us, guint *expired_out)
{
  UlakRetention retention = { max_age_us, max_age_us };
  gboolean more = TRUE;

  *expired_out = 0;
  while (more)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) expired_types = NULL;

      ulak_webhook_store_retain_async (self->store, &retention, keep_result_cb, &result);
      ulak_webhook_store_retain_finish (self->store, wait_for_result (&result), &more, &expired_types, &error);
      g_assert_no_error (error);
      *expired_out += g_strv_length (expired_types);
      for (char **type = expired_types; *type != NULL; type++)
        g_assert_cmpstr (*type, ==, "message.received");
    }
}

static void
test_old_events_and_deliveries_go (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autoptr (GAsyncResult) log = NULL;
  const gint64 day_us = 24 * 3600 * G_GINT64_CONSTANT (1000000);
  guint expired;

  for (guint i = 0; i < 700; i++)
    submit_chat (self, "1", "{}");
  ulak_fake_clock_advance_us (self->clock, day_us);
  submit_chat (self, "1", "{\"young\":1}");
  retain (self, 2 * day_us, &expired);
  g_assert_cmpuint (expired, ==, 0);
  ulak_fake_clock_advance_us (self->clock, day_us + 1);
  retain (self, 2 * day_us, &expired);
  g_assert_cmpuint (expired, ==, 700);
  g_assert_cmpint (ulak_webhook_store_get_pending (self->store), ==, 1);
  claim_and_end (self, endpoint->row, "{\"young\":1}");
  ulak_fake_clock_advance_us (self->clock, 2 * day_us + 1);
  retain (self, 2 * day_us, &expired);
  g_assert_cmpint (read_log (self, 0, 10, NULL, &log)->oldest_sequence, ==, 702);
}

static void
test_full_budget_refuses_only_what_is_still_needed (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *filler = g_strnfill (100000, 'x');
  g_autofree char *big = g_strdup_printf ("{\"x\":\"%s\"}", filler);
  g_autoptr (GError) error = NULL;
  UlakEndpoint *endpoint;
  guint stored = 0;

  ulak_webhook_store_set_max_bytes (self->store, 4 * 1024 * 1024);
  for (guint i = 0; i < 100; i++) /* nobody needs them: the oldest make room */
    submit_chat (self, "1", big);
  g_assert_cmpint (ulak_webhook_store_get_used_bytes (self->store), <=, 4 * 1024 * 1024);
  endpoint = fixture_add_endpoint (self, EVERYTHING);
  while (error == NULL && stored < 100)
    {
      GPtrArray *events = event_list ();

      g_ptr_array_add (events, make_event (self, "sales", "message.received", "1", big));
      stored += fixture_submit_all (self, events, &error) != 0;
    }
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FULL);
  g_assert_cmpuint (stored, >, 30);
  g_assert_cmpint (ulak_webhook_store_get_pending (self->store), ==, stored);
  claim_and_end (self, endpoint->row, big);
  submit_chat (self, "1", big);
}

static void
test_removed_endpoint_is_cancelled_in_steps (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autoptr (GAsyncResult) result = NULL, listed = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *records;
  guint expired;

  for (guint i = 0; i < 450; i++)
    submit_chat (self, "1", "{}");
  ulak_webhook_store_remove_endpoint_async (self->store, endpoint->row, keep_result_cb, &result);
  g_assert_true (ulak_webhook_store_remove_endpoint_finish (self->store, wait_for_result (&result), &error));
  submit_chat (self, "1", "{}");
  retain (self, 30 * 24 * 3600 * G_GINT64_CONSTANT (1000000), &expired);
  g_assert_cmpint (ulak_webhook_store_get_pending (self->store), ==, 0);
  ulak_webhook_store_list_async (self->store, endpoint->id, G_MAXINT64, 500, -1, keep_result_cb, &listed);
  records = ulak_webhook_store_list_finish (self->store, wait_for_result (&listed), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (records->len, ==, 450);
  g_assert_cmpint (((UlakDeliveryRecord *) g_ptr_array_index (records, 0))->status, ==, ULAK_DELIVERY_CANCELLED);
}

static gint64
replay_since (Fixture *self, UlakEndpoint *endpoint, gint64 since_us, gboolean only_failed)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean more;
  gint64 searched, count;

  ulak_webhook_store_replay_since_async (self->store, endpoint, since_us, only_failed, 0, G_MAXINT64, keep_result_cb,
                                         &result);
  count = ulak_webhook_store_replay_since_finish (self->store, wait_for_result (&result), &searched, &more, &error);
  g_assert_no_error (error);
  g_assert_false (more);
  return count;
}

static void
test_replay_queues_each_once_in_order (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autoptr (GPtrArray) claimed = NULL;

  submit_chat (self, "1", "{\"a\":1}");
  claim_and_end (self, endpoint->row, "{\"a\":1}");
  submit_chat (self, "1", "{\"a\":2}");
  claimed = claim_exactly (self, endpoint->row, "{\"a\":2}");
  fixture_end (self, g_ptr_array_index (claimed, 0), ULAK_DELIVERY_DEAD);
  g_assert_cmpint (replay_since (self, endpoint, 0, TRUE), ==, 1);
  claim_and_end (self, endpoint->row, "{\"a\":2}");
  g_assert_cmpint (replay_since (self, endpoint, 0, TRUE), ==, 0);
  g_assert_cmpint (replay_since (self, endpoint, 0, FALSE), ==, 2);
  g_assert_cmpint (replay_since (self, endpoint, 0, FALSE), ==, 0);
  claim_and_end (self, endpoint->row, "{\"a\":1}");
  claim_and_end (self, endpoint->row, "{\"a\":2}");
}

static gint64
replay_number (Fixture *self, gint64 endpoint, gint64 number, GError **error)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GAsyncResult) result = NULL;

  g_array_append_val (numbers, number);
  ulak_webhook_store_replay_async (self->store, endpoint, numbers, keep_result_cb, &result);
  return ulak_webhook_store_replay_finish (self->store, wait_for_result (&result), error);
}

static void
test_replay_of_one_refuses_what_has_not_ended (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  g_autoptr (GError) pending = NULL, unknown = NULL, foreign = NULL;

  submit_chat (self, "1", "{}");
  g_assert_cmpint (replay_number (self, endpoint->row, 1, &pending), ==, -1);
  g_assert_error (pending, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_assert_cmpint (replay_number (self, endpoint->row, 99, &unknown), ==, -1);
  g_assert_error (unknown, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
  claim_and_end (self, endpoint->row, "{}");
  g_assert_cmpint (replay_number (self, endpoint->row + 1, 1, &foreign), ==, -1);
  g_assert_error (foreign, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
  g_assert_cmpint (replay_number (self, endpoint->row, 1, NULL), ==, 1);
  claim_and_end (self, endpoint->row, "{}");
}

static void
test_delivery_ids_carry_their_number (void)
{
  static const gint64 numbers[] = { 1, 4711, G_GINT64_CONSTANT (1) << 50 };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *id = ulak_delivery_id_new (numbers[i], ULAK_FAKE_CLOCK_START_US);
      gint64 number, created_ms;

      g_assert_true (ulak_delivery_id_parse (id, &number, &created_ms));
      g_assert_cmpint (number, ==, numbers[i]);
      g_assert_cmpint (created_ms, ==, ULAK_FAKE_CLOCK_START_US / 1000);
    }
}

static void
test_opening_does_not_read_the_queue (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakEndpoint *endpoint = fixture_add_endpoint (self, EVERYTHING);
  gint64 started_us, opened_us;

  for (guint batch = 0; batch < 200; batch++)
    {
      GPtrArray *events = event_list ();
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < 500; i++)
        {
          g_autofree char *chat = g_strdup_printf ("%u", (batch * 500 + i) % 1000);

          g_ptr_array_add (events, make_event (self, "sales", "message.received", chat, "{}"));
        }
      fixture_submit_all (self, events, &error);
      g_assert_no_error (error);
    }
  fixture_close (self);
  started_us = g_get_monotonic_time ();
  fixture_open (self);
  g_ptr_array_unref (fixture_claim (self, endpoint->row, 10, NULL));
  opened_us = g_get_monotonic_time () - started_us;
  g_assert_cmpint (ulak_webhook_store_get_pending (self->store), ==, 100000);
  g_test_message ("opened and claimed in %" G_GINT64_FORMAT " us", opened_us);
  g_assert_cmpint (opened_us, <, G_USEC_PER_SEC);
}

#define ADD(name, test) g_test_add ("/webhooks/store/" name, Fixture, NULL, fixture_set_up, test, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("an event submitted twice is stored and queued once", test_submit_is_idempotent);
  ADD ("a batch with one bad event stores nothing", test_batch_is_all_or_nothing);
  ADD ("an event over 256 KiB is refused", test_oversized_event_is_refused);
  ADD ("only the head of a chat is due and chats do not wait for each other", test_only_the_head_of_a_chat_is_due);
  ADD ("events without a chat keep their order by account and type", test_events_without_chat_keep_order_by_type);
  ADD ("a claimed delivery is not handed out twice", test_claimed_delivery_is_not_handed_out_twice);
  ADD ("large claimed deliveries hide no others", test_large_claimed_deliveries_hide_no_others);
  ADD ("a delivery that ends while a claim reads is not seen again", test_end_while_a_claim_reads_is_not_seen_again);
  ADD ("a retry keeps its place", test_retry_keeps_its_place);
  ADD ("a clock that is set back holds nothing up", test_clock_set_back_holds_nothing_up);
  ADD ("a failing head blocks its chat for an hour only", test_failing_head_blocks_its_chat_for_an_hour_only);
  ADD ("after reopening only what has not ended is due", test_reopening_hands_out_only_what_has_not_ended);
  ADD ("filters choose the endpoints", test_filters_choose_endpoints);
  ADD ("the log is read in commit order, in pages and through filters", test_log_is_read_in_commit_order);
  ADD ("old deliveries are given up and old events forgotten", test_old_events_and_deliveries_go);
  ADD ("a full budget refuses only while the log is still needed", test_full_budget_refuses_only_what_is_still_needed);
  ADD ("a removed endpoint's queue is cancelled and its log stays", test_removed_endpoint_is_cancelled_in_steps);
  ADD ("a replay queues each event once and in order", test_replay_queues_each_once_in_order);
  ADD ("a replay by id refuses what has not ended or is not the endpoint's", test_replay_of_one_refuses_what_has_not_ended);
  ADD ("opening does not read a queue of 100,000", test_opening_does_not_read_the_queue);
  g_test_add_func ("/webhooks/store/delivery ids carry their number", test_delivery_ids_carry_their_number);
  return g_test_run ();
}
