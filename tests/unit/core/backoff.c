/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/backoff.h"

#include "unit/fakes/random.h"

static void
test_doubles (void)
{
  UlakBackoff policy = { 2000, 3600000, 0 };
  static const gint64 expected_ms[] = { 2000, 4000, 8000, 16000, 32000 };

  for (guint i = 0; i < G_N_ELEMENTS (expected_ms); i++)
    g_assert_cmpint (ulak_backoff_next_ms (&policy, i + 1, NULL), ==, expected_ms[i]);
}

static void
test_stops_at_maximum (void)
{
  UlakBackoff policy = { 2000, 3600000, 0 };
  UlakBackoff upside_down = { 5000, 1000, 0 };

  g_assert_cmpint (ulak_backoff_next_ms (&policy, 12, NULL), ==, 3600000);
  g_assert_cmpint (ulak_backoff_next_ms (&policy, G_MAXUINT, NULL), ==, 3600000);
  g_assert_cmpint (ulak_backoff_next_ms (&upside_down, 3, NULL), ==, 5000);
}

static void
test_jitter_only_adds (void)
{
  UlakBackoff policy = { 1000, 60000, 20 };
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (7);
  gint64 least_ms = G_MAXINT64, most_ms = 0;

  for (guint i = 0; i < 2000; i++)
    {
      gint64 wait_ms = ulak_backoff_next_ms (&policy, 1, ULAK_RANDOM (random));

      least_ms = MIN (least_ms, wait_ms);
      most_ms = MAX (most_ms, wait_ms);
    }
  g_assert_cmpint (least_ms, >=, 1000);
  g_assert_cmpint (least_ms, <, 1020);
  g_assert_cmpint (most_ms, >, 1180);
  g_assert_cmpint (most_ms, <=, 1200);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backoff/each further failure doubles the wait", test_doubles);
  g_test_add_func ("/backoff/the wait never passes the maximum, however many failures", test_stops_at_maximum);
  g_test_add_func ("/backoff/jitter adds up to its percentage and never takes away", test_jitter_only_adds);
  return g_test_run ();
}
