/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/pace.h"

#define SECOND G_USEC_PER_SEC
#define START (1000 * SECOND)

static const UlakPaceLimits usual
    = { .rate_per_second = 80, .rate_per_minute = 0, .pair_interval_ms = 6000, .pair_burst = 45 };

static void
take_many (UlakPace *pace, const char *chat, guint n, gint64 now_us)
{
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpint (ulak_pace_get_line_wait_us (pace, now_us, 0), ==, 0);
      g_assert_cmpint (ulak_pace_get_pair_wait_us (pace, chat, now_us), ==, 0);
      ulak_pace_take (pace, chat, now_us);
    }
}

static void
test_pair_burst (void)
{
  g_autoptr (UlakPace) pace = ulak_pace_new (&usual);

  take_many (pace, "a", 45, START);
  g_assert_cmpint (ulak_pace_get_pair_wait_us (pace, "a", START), ==, 6 * SECOND);
  g_assert_cmpint (ulak_pace_get_pair_wait_us (pace, "b", START), ==, 0);
  g_assert_cmpint (ulak_pace_get_pair_wait_us (pace, "a", START + 6 * SECOND), ==, 0);
  ulak_pace_take (pace, "a", START + 6 * SECOND);
  g_assert_cmpint (ulak_pace_get_pair_wait_us (pace, "a", START + 6 * SECOND), ==, 6 * SECOND);
}

static void
test_line_rate (void)
{
  g_autoptr (UlakPace) pace = ulak_pace_new (&usual);

  for (guint i = 0; i < 80; i++)
    {
      g_autofree char *chat = g_strdup_printf ("%u", i);
      take_many (pace, chat, 1, START);
    }
  g_assert_cmpint (ulak_pace_get_line_wait_us (pace, START, 0), ==, SECOND / 80);
  g_assert_cmpint (ulak_pace_get_line_wait_us (pace, START, 1), ==, 2 * SECOND / 80);
  g_assert_cmpint (ulak_pace_get_line_wait_us (pace, START + SECOND, 0), ==, 0);
  g_assert_cmpint (ulak_pace_get_line_wait_us (pace, START + SECOND, 79), ==, 0);
  g_assert_cmpint (ulak_pace_get_line_wait_us (pace, START + SECOND, 80), >, 0);
}

static void
test_minute (void)
{
  UlakPaceLimits limits = usual;
  g_autoptr (UlakPace) pace = NULL;

  limits.rate_per_minute = 20;
  pace = ulak_pace_new (&limits);
  take_many (pace, "a", 20, START);
  g_assert_cmpint (ulak_pace_get_line_wait_us (pace, START, 0), ==, 3 * SECOND);
  g_assert_cmpint (ulak_pace_get_line_wait_us (pace, START, 2), ==, 9 * SECOND);
}

static void
test_no_pair_limit (void)
{
  UlakPaceLimits limits = usual;
  g_autoptr (UlakPace) pace = NULL;

  limits.pair_interval_ms = 0;
  pace = ulak_pace_new (&limits);
  take_many (pace, "a", 80, START);
  g_assert_cmpint (ulak_pace_get_pair_wait_us (pace, "a", START), ==, 0);
  g_assert_cmpuint (ulak_pace_count_pairs (pace), ==, 0);
}

static void
test_new_limits (void)
{
  UlakPaceLimits limits = usual;
  g_autoptr (UlakPace) pace = ulak_pace_new (&usual);

  take_many (pace, "a", 45, START);
  limits.pair_interval_ms = 1000;
  ulak_pace_set_limits (pace, &limits);
  g_assert_cmpint (ulak_pace_get_pair_wait_us (pace, "a", START), >, 0);
  g_assert_cmpint (ulak_pace_get_pair_wait_us (pace, "a", START + 45 * 6 * SECOND), ==, 0);
}

static void
test_full_buckets_are_forgotten (void)
{
  UlakPaceLimits limits = usual;
  g_autoptr (UlakPace) pace = NULL;
  gint64 now_us = START;

  limits.rate_per_second = 1000;
  pace = ulak_pace_new (&limits);
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *chat = g_strdup_printf ("%u", i);
      ulak_pace_take (pace, chat, now_us);
      now_us += SECOND;
    }
  g_assert_cmpuint (ulak_pace_count_pairs (pace), <=, 1024 + 6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pace/a recipient gets a burst and then one message in an interval", test_pair_burst);
  g_test_add_func ("/pace/a line sends its rate and others wait their turn", test_line_rate);
  g_test_add_func ("/pace/a limit by the minute holds besides", test_minute);
  g_test_add_func ("/pace/an interval of nothing is no limit", test_no_pair_limit);
  g_test_add_func ("/pace/new limits do not give back what was taken", test_new_limits);
  g_test_add_func ("/pace/recipients who rest are forgotten", test_full_buckets_are_forgotten);
  return g_test_run ();
}
