/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/id.h"

#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"

#include <string.h>

static void
test_shape (void)
{
  g_autoptr (UlakFakeClock) clock = ulak_fake_clock_new ();
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (1);
  g_autofree char *id = ulak_id_new (ULAK_CLOCK (clock), ULAK_RANDOM (random));
  g_autofree char *head = g_strdup_printf ("%012" G_GINT64_MODIFIER "x", ULAK_FAKE_CLOCK_START_US / 1000);

  g_assert_true (ulak_id_is_valid (id));
  g_assert_cmpint (strncmp (id, head, 8), ==, 0);
  g_assert_cmpint (strncmp (id + 9, head + 8, 4), ==, 0);
  g_assert_cmpint (id[14], ==, '7');
  g_assert_nonnull (strchr ("89ab", id[19]));
}

static void
test_sorts_by_birth (void)
{
  g_autoptr (UlakFakeClock) clock = ulak_fake_clock_new ();
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (2);
  g_autofree char *last = ulak_id_new (ULAK_CLOCK (clock), ULAK_RANDOM (random));

  for (guint i = 0; i < 1000; i++)
    {
      char *id;

      ulak_fake_clock_advance_ms (clock, 1);
      id = ulak_id_new (ULAK_CLOCK (clock), ULAK_RANDOM (random));
      g_assert_cmpstr (last, <, id);
      g_free (last);
      last = id;
    }
}

static void
test_unique_within_a_moment (void)
{
  g_autoptr (UlakFakeClock) clock = ulak_fake_clock_new ();
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 10000; i++)
    g_assert_true (g_hash_table_add (seen, ulak_id_new (ULAK_CLOCK (clock), random)));
}

/* What other threads need: many ids of one draw, and the same ones when the work is run again. */
static void
test_series (void)
{
  g_autoptr (UlakFakeClock) clock = ulak_fake_clock_new ();
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  UlakIdSeries ids, again;

  ulak_id_series_init (&ids, ULAK_CLOCK (clock), random);
  again = ids;
  for (guint i = 0; i < 10000; i++)
    {
      char *id = ulak_id_series_next (&ids);
      g_autofree char *same = ulak_id_series_next (&again);

      g_assert_true (ulak_id_is_valid (id));
      g_assert_cmpint (id[14], ==, '7');
      g_assert_cmpstr (id, ==, same);
      g_assert_true (g_hash_table_add (seen, id));
    }
}

static void
test_validity (void)
{
  static const char *const bad[] = {
    "",
    "019abc12",
    "019ABC12-3456-7abc-8def-0123456789ab",
    "019abc12-3456-7abc-8def-0123456789abc",
    "019abc12-3456-7abc-8def-0123456789a",
    "019abc12x3456-7abc-8def-0123456789ab",
    "019abc12-3456-7abc-8def-0123456789ag",
  };

  g_assert_true (ulak_id_is_valid ("019abc12-3456-7abc-8def-0123456789ab"));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ulak_id_is_valid (bad[i]));
}

static void
test_account_ids (void)
{
  g_autofree char *longest = g_strnfill (32, 'a');
  g_autofree char *too_long = g_strnfill (33, 'a');
  static const char *const bad[] = { "", "1a", "_a", "A", "sales-1", "sales.1", "sales/1", "satış", "a b", "../x" };

  g_assert_true (ulak_account_id_is_valid ("sales_1"));
  g_assert_true (ulak_account_id_is_valid ("a"));
  g_assert_true (ulak_account_id_is_valid (longest));
  g_assert_false (ulak_account_id_is_valid (too_long));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ulak_account_id_is_valid (bad[i]));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/id/a new id is a UUIDv7 of its millisecond", test_shape);
  g_test_add_func ("/id/ids of later milliseconds sort later", test_sorts_by_birth);
  g_test_add_func ("/id/ids of one moment differ", test_unique_within_a_moment);
  g_test_add_func ("/core/id/a series makes many ids and the same ones again", test_series);
  g_test_add_func ("/id/only a UUID in lower case is an id", test_validity);
  g_test_add_func ("/id/account ids are one word for units, bus, files and URLs", test_account_ids);
  return g_test_run ();
}
