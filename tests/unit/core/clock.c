/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/clock.h"

#include "unit/fakes/clock.h"

#include <string.h>

static GString *fired;
static UlakFakeClock *fake;

static void
note (gpointer user_data)
{
  g_string_append_printf (fired, "%s@%" G_GINT64_FORMAT " ", (const char *) user_data,
                          (ulak_clock_get_wall_us (ULAK_CLOCK (fake)) - ULAK_FAKE_CLOCK_START_US) / 1000);
}

static void
note_and_add (gpointer user_data)
{
  note (user_data);
  ulak_clock_add_timer (ULAK_CLOCK (fake), 5000, note, "inner");
}

static void
set_up (void)
{
  fired = g_string_new (NULL);
  fake = ulak_fake_clock_new ();
}

static void
tear_down (void)
{
  g_string_free (fired, TRUE);
  g_assert_finalize_object (fake);
}

static void
test_fires_in_order (void)
{
  set_up ();
  ulak_clock_add_timer (ULAK_CLOCK (fake), 30000, note, "late");
  ulak_clock_add_timer (ULAK_CLOCK (fake), 10000, note_and_add, "first");
  ulak_clock_add_timer (ULAK_CLOCK (fake), 10000, note, "second");
  ulak_clock_add_timer (ULAK_CLOCK (fake), -1, note, "at-once");

  ulak_fake_clock_advance_us (fake, 0);
  g_assert_cmpstr (fired->str, ==, "at-once@0 ");
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (fake), ==, 10000);
  ulak_fake_clock_advance_ms (fake, 20);
  g_assert_cmpstr (fired->str, ==, "at-once@0 first@10 second@10 inner@15 ");
  ulak_fake_clock_advance_ms (fake, 10);
  g_assert_cmpstr (fired->str, ==, "at-once@0 first@10 second@10 inner@15 late@30 ");
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (fake), ==, -1);
  tear_down ();
}

static void
test_removed_never_fires (void)
{
  guint kept, dropped;

  set_up ();
  kept = ulak_clock_add_timer (ULAK_CLOCK (fake), 1000, note, "kept");
  dropped = ulak_clock_add_timer (ULAK_CLOCK (fake), 1000, note, "dropped");
  g_assert_cmpuint (kept, !=, dropped);
  ulak_clock_clear_timer (ULAK_CLOCK (fake), &dropped);
  g_assert_cmpuint (dropped, ==, 0);
  ulak_clock_clear_timer (ULAK_CLOCK (fake), &dropped);
  g_assert_cmpuint (ulak_fake_clock_count_timers (fake), ==, 1);
  ulak_fake_clock_advance_ms (fake, 5);
  g_assert_cmpstr (fired->str, ==, "kept@1 ");
  tear_down ();
}

static void
test_wall_jumps_leave_timers (void)
{
  gint64 monotonic_us;

  set_up ();
  monotonic_us = ulak_clock_get_monotonic_us (ULAK_CLOCK (fake));
  ulak_clock_add_timer (ULAK_CLOCK (fake), 1000, note, "kept");
  ulak_fake_clock_jump_wall_us (fake, -G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  g_assert_cmpint (ulak_clock_get_monotonic_us (ULAK_CLOCK (fake)), ==, monotonic_us);
  g_assert_cmpint (ulak_clock_get_wall_us (ULAK_CLOCK (fake)), ==,
                   ULAK_FAKE_CLOCK_START_US - G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  g_assert_cmpuint (ulak_fake_clock_count_timers (fake), ==, 1);
  ulak_fake_clock_advance_ms (fake, 1);
  g_assert_cmpuint (ulak_fake_clock_count_timers (fake), ==, 0);
  tear_down ();
}

static void
set_true (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
test_system_timer_fires (void)
{
  g_autoptr (UlakClock) clock = ulak_clock_system_new ();
  gint64 start_us = ulak_clock_get_monotonic_us (clock);
  gboolean has_fired = FALSE, dropped_has_fired = FALSE;
  guint dropped = ulak_clock_add_timer (clock, 100, set_true, &dropped_has_fired);

  g_assert_cmpuint (ulak_clock_add_timer (clock, 1500, set_true, &has_fired), !=, 0);
  ulak_clock_clear_timer (clock, &dropped);
  while (!has_fired)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (ulak_clock_get_monotonic_us (clock) - start_us, >=, 1500);
  g_assert_cmpint (ulak_clock_get_wall_us (clock), >, ULAK_FAKE_CLOCK_START_US);
  g_assert_false (dropped_has_fired);
}

static void
test_rfc3339 (void)
{
  g_autofree char *text = ulak_format_rfc3339 (ULAK_FAKE_CLOCK_START_US + 125999);
  gint64 wall_us = 0;

  g_assert_cmpstr (text, ==, "2025-11-25T08:30:00.125Z");
  g_assert_true (ulak_parse_rfc3339 (text, &wall_us));
  g_assert_cmpint (wall_us, ==, ULAK_FAKE_CLOCK_START_US + 125000);
  g_assert_true (ulak_parse_rfc3339 ("2025-11-25T11:30:00+03:00", &wall_us));
  g_assert_cmpint (wall_us, ==, ULAK_FAKE_CLOCK_START_US);
}

static void
test_set_back (void)
{
  g_autoptr (UlakFakeClock) own = ulak_fake_clock_new ();
  UlakClock *clock = ULAK_CLOCK (own);
  gint64 offset_us = 0;

  g_assert_cmpint (ulak_clock_take_set_back_us (clock, &offset_us), ==, 0);
  ulak_fake_clock_advance_ms (own, 5000);
  ulak_fake_clock_jump_wall_us (own, 7 * G_USEC_PER_SEC);
  g_assert_cmpint (ulak_clock_take_set_back_us (clock, &offset_us), ==, 0);
  ulak_fake_clock_jump_wall_us (own, -600 * 1000);
  g_assert_cmpint (ulak_clock_take_set_back_us (clock, &offset_us), ==, 0);
  ulak_fake_clock_jump_wall_us (own, -600 * 1000); /* small steps add up */
  g_assert_cmpint (ulak_clock_take_set_back_us (clock, &offset_us), ==, 1200 * 1000);
  g_assert_cmpint (ulak_clock_take_set_back_us (clock, &offset_us), ==, 0);
}

static void
test_rfc3339_refuses (void)
{
  static const char *const bad[] = { "", "yesterday", "2025-11-25", "2025-11-25T08:30:00", "2025-13-25T08:30:00Z" };
  gint64 wall_us = 17;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ulak_parse_rfc3339 (bad[i], &wall_us));
  g_assert_cmpint (wall_us, ==, 17);
}

static void
test_rfc3339_edges (void)
{
  g_autofree char *before = ulak_format_rfc3339 (-1);
  g_autofree char *far = ulak_format_rfc3339 (G_MAXINT64);

  g_assert_cmpstr (before, ==, "1969-12-31T23:59:59.999Z");
  g_assert_cmpuint (strlen (far), >=, strlen ("1970-01-01T00:00:00.000Z"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clock/the fake fires timers in the order of their times", test_fires_in_order);
  g_test_add_func ("/clock/a removed timer never fires", test_removed_never_fires);
  g_test_add_func ("/clock/a jump of the wall clock moves no timer", test_wall_jumps_leave_timers);
  g_test_add_func ("/clock/the system's timer fires on the main context and not early", test_system_timer_fires);
  g_test_add_func ("/clock/a wall clock that is set back says by how much, once", test_set_back);
  g_test_add_func ("/clock/a time is printed with milliseconds and read back", test_rfc3339);
  g_test_add_func ("/clock/a text without date, time or offset is no time", test_rfc3339_refuses);
  g_test_add_func ("/clock/times before 1970 and beyond all years print well", test_rfc3339_edges);
  return g_test_run ();
}
