/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Those who wait for answers get exactly one.
 */
#include "whatsapp/link/pending.h"

#include "core/error.h"
#include "whatsapp/codec/node-builder.h"

#include "unit/fakes/clock.h"

typedef struct
{
  UlakFakeClock *clock;
  UlakPending *pending;
  GString *told; /* "answer a;" or the error's code */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  fixture->clock = ulak_fake_clock_new ();
  fixture->pending = ulak_pending_new (ULAK_CLOCK (fixture->clock), 2);
  fixture->told = g_string_new (NULL);
}

static void
run (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_clear_pointer (&fixture->pending, ulak_pending_free);
  run ();
  g_assert_cmpuint (ulak_fake_clock_count_timers (fixture->clock), ==, 0);
  g_object_unref (fixture->clock);
  g_string_free (fixture->told, TRUE);
}

static void
told_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) node = g_task_propagate_pointer (G_TASK (result), &error);

  if (node != NULL)
    g_string_append_printf (fixture->told, "%s;", ulak_node_get_tag (node));
  else
    g_string_append_printf (fixture->told, "%s %d;", error->domain == ULAK_ERROR ? "ulak" : "gio", error->code);
}

static void
add (Fixture *fixture, const char *id, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  ulak_pending_may_add (fixture->pending, id, &error);
  g_assert_no_error (error);
  ulak_pending_add (fixture->pending, id, 1000, g_task_new (NULL, cancellable, told_cb, fixture));
}

static void
assert_told (Fixture *fixture, const char *text)
{
  run ();
  g_assert_cmpstr (fixture->told->str, ==, text);
}

static void
test_answer (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("pong");
  g_autoptr (UlakNode) node = ulak_node_builder_end (builder, NULL);

  add (fixture, "a", NULL);
  ulak_fake_clock_advance_ms (fixture->clock, 400);
  g_assert_cmpint (ulak_pending_get_oldest_age_us (fixture->pending), ==, 400000);
  g_assert_false (ulak_pending_answer (fixture->pending, "b", node));
  g_assert_true (ulak_pending_answer (fixture->pending, "a", node));
  g_assert_false (ulak_pending_answer (fixture->pending, "a", node));
  g_assert_cmpint (ulak_pending_get_oldest_age_us (fixture->pending), ==, 0);
  assert_told (fixture, "pong;");
}

static void
test_time_limit (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *expected = g_strdup_printf ("ulak %d;", ULAK_ERROR_TIMED_OUT);

  add (fixture, "a", NULL);
  ulak_fake_clock_advance_ms (fixture->clock, 999);
  assert_told (fixture, "");
  ulak_fake_clock_advance_ms (fixture->clock, 1);
  assert_told (fixture, expected);
  g_assert_cmpuint (ulak_pending_count (fixture->pending), ==, 0);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *expected = g_strdup_printf ("gio %d;", G_IO_ERROR_CANCELLED);

  add (fixture, "a", cancellable);
  g_cancellable_cancel (cancellable);
  assert_told (fixture, expected);
  g_assert_cmpuint (ulak_pending_count (fixture->pending), ==, 0);
}

static void
test_limits (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) exists = NULL, full = NULL, end = g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "end");
  g_autofree char *expected = g_strdup_printf ("ulak %d;ulak %d;", ULAK_ERROR_UNAVAILABLE, ULAK_ERROR_UNAVAILABLE);

  add (fixture, "a", NULL);
  g_assert_false (ulak_pending_may_add (fixture->pending, "a", &exists));
  g_assert_error (exists, ULAK_ERROR, ULAK_ERROR_EXISTS);
  add (fixture, "b", NULL);
  g_assert_false (ulak_pending_may_add (fixture->pending, "c", &full));
  g_assert_error (full, ULAK_ERROR, ULAK_ERROR_FULL);
  ulak_pending_fail_all (fixture->pending, end);
  assert_told (fixture, expected);
}

static void
test_freed (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *expected = g_strdup_printf ("ulak %d;", ULAK_ERROR_UNAVAILABLE);

  add (fixture, "a", NULL);
  g_clear_pointer (&fixture->pending, ulak_pending_free);
  assert_told (fixture, expected);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/link-pending/an answer goes to who asked, once", test_answer);
  ADD ("/link-pending/an answer that does not come times out", test_time_limit);
  ADD ("/link-pending/who waits may give up", test_cancelled);
  ADD ("/link-pending/ids are unique and their number is limited", test_limits);
  ADD ("/link-pending/the end fails all who wait", test_freed);
  return g_test_run ();
}
