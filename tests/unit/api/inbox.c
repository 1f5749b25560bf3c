/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The pump over a real store, with a line that answers when the test says so.
 */
#include "api/inbox.h"
#include "core/error.h"
#include "core/metrics.h"
#include "unit/api/fixture.h"

#include <string.h>

typedef struct
{
  GString *heard;     /* bodies, in the order in which they were handed over */
  GTask *open;        /* (owned) (nullable): the delivery that waits for an answer */
  gboolean is_present;
  UlakMetrics *metrics; /* (owned) */
} Line;

static void
deliver (const char *account, const UlakInboxRow *row, GAsyncReadyCallback callback, gpointer user_data, gpointer data)
{
  Line *line = data;
  gsize size_bytes;
  const char *bytes = g_bytes_get_data (row->body, &size_bytes);

  g_assert_cmpstr (account, ==, "a");
  g_assert_null (line->open); /* never two at once */
  g_string_append_len (line->heard, bytes, (gssize) size_bytes);
  line->open = g_task_new (NULL, NULL, callback, user_data);
}

static gboolean
deliver_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
is_present (G_GNUC_UNUSED const char *account, gpointer data)
{
  return ((Line *) data)->is_present;
}

static UlakInbox *
make_inbox (Fixture *fixture, Line *line)
{
  const UlakInboxPeer peer = { deliver, deliver_finish, is_present, line };
  g_autoptr (GAsyncResult) result = NULL;
  UlakInbox *inbox;

  line->heard = g_string_new (NULL);
  line->metrics = ulak_metrics_new ();
  line->is_present = TRUE;
  inbox = ulak_inbox_new (fixture->store, ULAK_CLOCK (fixture->clock), ULAK_RANDOM (fixture->random), line->metrics, &peer);
  ulak_inbox_load_async (inbox, keep_result_cb, &result);
  g_assert_true (ulak_inbox_load_finish (inbox, wait_for_result (&result), NULL));
  return inbox;
}

static void
add (Fixture *fixture, const char *text)
{
  const char *const accounts[] = { "a", NULL };
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (GAsyncResult) result = NULL;

  ulak_gateway_store_add_inbox_async (fixture->store, accounts, body, 5, 1000, keep_result_cb, &result);
  g_assert_true (ulak_gateway_store_finish (fixture->store, wait_for_result (&result), NULL));
}

static void
wait_for_delivery (Line *line)
{
  while (line->open == NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* code: -1 for a good answer */
static void
answer (Line *line, int code)
{
  g_autoptr (GTask) task = NULL;

  wait_for_delivery (line);
  task = g_steal_pointer (&line->open);
  if (code < 0)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, ULAK_ERROR, code, "no");
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static gboolean
gauge_says (Line *line, const char *text)
{
  g_autofree char *printed = ulak_metrics_print (line->metrics), *row = g_strdup_printf ("\nulak_inbox_rows%s\n", text);

  return strstr (printed, row) != NULL;
}

static void
wait_for_gauge (Line *line, const char *text)
{
  while (!gauge_says (line, text))
    g_main_context_iteration (NULL, TRUE);
}

static UlakInboxSize
measure (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  UlakInboxSize size;

  ulak_gateway_store_measure_inbox_async (fixture->store, keep_result_cb, &result);
  g_assert_true (ulak_gateway_store_measure_inbox_finish (fixture->store, wait_for_result (&result), &size, NULL));
  return size;
}

static void
wait_for_rows (Fixture *fixture, gint64 n_rows)
{
  while (measure (fixture).rows != n_rows)
    g_main_context_iteration (NULL, FALSE);
}

static void
end (UlakInbox *inbox, Line *line)
{
  ulak_inbox_stop (inbox);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (inbox);
  g_string_free (line->heard, TRUE);
  ulak_metrics_unref (line->metrics);
}

static void
test_order (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  Line line = { 0 };
  UlakInbox *inbox = make_inbox (fixture, &line);

  for (char c = 'a'; c <= 't'; c++)
    add (fixture, (const char[]){ c, '\0' });
  ulak_inbox_wake (inbox, "a");
  for (guint i = 0; i < 20; i++)
    answer (&line, -1);
  g_assert_cmpstr (line.heard->str, ==, "abcdefghijklmnopqrst");
  wait_for_rows (fixture, 0);
  end (inbox, &line);
}

static void
test_stopped (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  Line line = { 0 };
  UlakInbox *inbox = make_inbox (fixture, &line);

  line.is_present = FALSE;
  add (fixture, "x");
  ulak_inbox_wake (inbox, "a");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (line.open);
  line.is_present = TRUE;
  ulak_inbox_wake (inbox, "a");
  answer (&line, -1);
  wait_for_rows (fixture, 0);
  end (inbox, &line);
}

static void
test_backoff (Fixture *fixture, gconstpointer data)
{
  Line line = { 0 };
  UlakInbox *inbox = make_inbox (fixture, &line);

  add (fixture, "x");
  add (fixture, "y");
  ulak_inbox_wake (inbox, "a");
  answer (&line, GPOINTER_TO_INT (data));
  ulak_inbox_wake (inbox, "a"); /* no way around the wait */
  g_assert_null (line.open);
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (fixture->clock), >=, 500 * 1000);
  ulak_fake_clock_advance_ms (fixture->clock, 700);
  answer (&line, -1);
  answer (&line, -1);
  g_assert_cmpstr (line.heard->str, ==, "xxy");
  wait_for_rows (fixture, 0);
  end (inbox, &line);
}

static void
test_invalid (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  Line line = { 0 };
  UlakInbox *inbox = make_inbox (fixture, &line);

  add (fixture, "x");
  add (fixture, "y");
  ulak_inbox_wake (inbox, "a");
  answer (&line, ULAK_ERROR_INVALID);
  answer (&line, -1);
  g_assert_cmpstr (line.heard->str, ==, "xy");
  wait_for_rows (fixture, 0);
  g_assert_cmpint (measure (fixture).aside, ==, 1);
  end (inbox, &line);
}

static void
test_gauge (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  Line line = { 0 };
  UlakInbox *inbox;

  add (fixture, "x");
  add (fixture, "y");
  inbox = make_inbox (fixture, &line);
  g_assert_true (gauge_says (&line, "{account=\"a\"} 2"));
  add (fixture, "z");
  ulak_inbox_added (inbox, "a");
  g_assert_true (gauge_says (&line, "{account=\"a\"} 3"));
  answer (&line, -1);
  wait_for_gauge (&line, "{account=\"a\"} 2");
  answer (&line, ULAK_ERROR_INVALID);
  wait_for_gauge (&line, "{account=\"a\"} 1");
  answer (&line, -1);
  wait_for_gauge (&line, "{account=\"a\"} 0");
  end (inbox, &line);
}

static void
test_forget (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  Line line = { 0 };
  UlakInbox *inbox = make_inbox (fixture, &line);

  add (fixture, "x");
  ulak_inbox_added (inbox, "a");
  add (fixture, "y");
  ulak_inbox_added (inbox, "a");
  answer (&line, ULAK_ERROR_UNAVAILABLE); /* both were read */
  ulak_gateway_store_remove_account_async (fixture->store, "a", keep_result_cb, &result);
  g_assert_true (ulak_gateway_store_finish (fixture->store, wait_for_result (&result), NULL));
  ulak_inbox_forget (inbox, "a");
  g_assert_true (gauge_says (&line, "{account=\"a\"} 0"));

  add (fixture, "z"); /* another account of the same name */
  ulak_inbox_added (inbox, "a");
  ulak_fake_clock_advance_ms (fixture->clock, 1000);
  answer (&line, -1);
  g_assert_cmpstr (line.heard->str, ==, "xz");
  wait_for_gauge (&line, "{account=\"a\"} 0");
  end (inbox, &line);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, data, func) g_test_add ("/inbox/" name, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("bodies go one at a time in the order in which they came", NULL, test_order);
  ADD ("bodies of a stopped line wait", NULL, test_stopped);
  ADD ("a full line is asked again after a while, in order", GINT_TO_POINTER (ULAK_ERROR_FULL), test_backoff);
  ADD ("a line that is away is asked again after a while, in order", GINT_TO_POINTER (ULAK_ERROR_UNAVAILABLE), test_backoff);
  ADD ("an invalid body is set aside and the next one goes", NULL, test_invalid);
  ADD ("the gauge says what waits, after a restart too", NULL, test_gauge);
  ADD ("bodies of a removed account never reach a later one of its name", NULL, test_forget);
  return g_test_run ();
}
