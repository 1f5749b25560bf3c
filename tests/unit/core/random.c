/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/random.h"

#include "unit/fakes/random.h"

#include <string.h>

static void
test_system_fills_all (void)
{
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  guint8 first[64] = { 0 }, second[64] = { 0 };

  ulak_random_fill (random, first, sizeof first);
  ulak_random_fill (random, second, sizeof second);
  g_assert_cmpint (memcmp (first, second, sizeof first), !=, 0);
  g_assert_cmpint (memcmp (first + 32, (guint8[32]){ 0 }, 32), !=, 0);
}

static void
test_below (void)
{
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  guint seen[6] = { 0 };

  for (guint i = 0; i < 6000; i++)
    seen[ulak_random_below (random, 6)]++;
  for (guint i = 0; i < 6; i++)
    g_assert_cmpuint (seen[i], >, 700);
  g_assert_cmpuint (ulak_random_below (random, 1), ==, 0);
}

static void
test_fake_repeats (void)
{
  g_autoptr (UlakFakeRandom) one = ulak_fake_random_new (42), same = ulak_fake_random_new (42);
  g_autoptr (UlakFakeRandom) other = ulak_fake_random_new (43);
  guint8 a[32], b[32], c[32];

  ulak_random_fill (ULAK_RANDOM (one), a, sizeof a);
  ulak_random_fill (ULAK_RANDOM (same), b, sizeof b);
  ulak_random_fill (ULAK_RANDOM (other), c, sizeof c);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  g_assert_cmpint (memcmp (a, c, sizeof a), !=, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/random/the kernel fills every byte anew", test_system_fills_all);
  g_test_add_func ("/random/a number below a limit takes each value", test_below);
  g_test_add_func ("/random/the fake repeats itself for its seed only", test_fake_repeats);
  return g_test_run ();
}
