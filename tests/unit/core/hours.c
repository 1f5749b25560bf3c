/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/hours.h"

#define NOON_US (G_GINT64_CONSTANT (1764072000) * G_USEC_PER_SEC) /* 2025-11-25T12:00:00Z */
#define HOUR_US G_TIME_SPAN_HOUR

static gint64
end_of (const char *text, gint64 wall_us)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  UlakHours hours;

  g_assert_true (ulak_hours_parse (text, &hours));
  return ulak_hours_get_end_us (&hours, utc, wall_us);
}

static void
test_form (void)
{
  static const char *const bad[] = { "22:00", "22:00-7:00", "24:00-07:00", "22:60-07:00", "22:00 07:00", "22:00-07:00 ", "22:00-22:00", "x" };
  UlakHours hours = { 1, 2 };
  g_autofree char *text = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ulak_hours_parse (bad[i], &hours));
  g_assert_true (ulak_hours_parse ("", &hours));
  g_assert_true (ulak_hours_is_empty (&hours));
  g_assert_true (ulak_hours_parse ("22:05-07:00", &hours));
  text = ulak_hours_to_string (&hours);
  g_assert_cmpstr (text, ==, "22:05-07:00");
}

static void
test_within_a_day (void)
{
  g_assert_cmpint (end_of ("11:00-13:30", NOON_US), ==, NOON_US + 3 * HOUR_US / 2);
  g_assert_cmpint (end_of ("12:00-12:01", NOON_US), ==, NOON_US + G_TIME_SPAN_MINUTE);
  g_assert_cmpint (end_of ("11:00-12:00", NOON_US), ==, 0);
  g_assert_cmpint (end_of ("13:00-14:00", NOON_US), ==, 0);
  g_assert_cmpint (end_of ("", NOON_US), ==, 0);
}

static void
test_past_midnight (void)
{
  g_assert_cmpint (end_of ("22:00-07:00", NOON_US), ==, 0);
  g_assert_cmpint (end_of ("22:00-07:00", NOON_US + 11 * HOUR_US), ==, NOON_US + 19 * HOUR_US);
  g_assert_cmpint (end_of ("22:00-07:00", NOON_US + 13 * HOUR_US), ==, NOON_US + 19 * HOUR_US);
}

/* Berlin leaves summer time on 2025-10-26 at 01:00Z: the night has an hour more. */
static void
test_a_longer_night (void)
{
  g_autoptr (GTimeZone) berlin = g_time_zone_new_identifier ("Europe/Berlin");
  UlakHours hours;
  gint64 evening_us = G_GINT64_CONSTANT (1761426000) * G_USEC_PER_SEC; /* 23:00 there */

  if (berlin == NULL)
    {
      g_test_skip ("this machine does not know Europe/Berlin");
      return;
    }
  g_assert_true (ulak_hours_parse ("22:00-07:00", &hours));
  g_assert_cmpint (ulak_hours_get_end_us (&hours, berlin, evening_us), ==, evening_us + 9 * HOUR_US);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/hours/are written in one form", test_form);
  g_test_add_func ("/core/hours/may lie within a day", test_within_a_day);
  g_test_add_func ("/core/hours/may go past midnight", test_past_midnight);
  g_test_add_func ("/core/hours/are longer when clocks are set back", test_a_longer_night);
  return g_test_run ();
}
