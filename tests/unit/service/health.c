/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/health.h"

static void
test_nothing_checked_is_healthy (void)
{
  g_autoptr (UlakHealth) health = ulak_health_new ();

  g_assert_cmpint (ulak_health_get_overall (health), ==, ULAK_HEALTH_HEALTHY);
}

static void
test_the_worst_check_decides_in_any_order (void)
{
  for (int first = ULAK_HEALTH_HEALTHY; first <= ULAK_HEALTH_UNHEALTHY; first++)
    for (int second = ULAK_HEALTH_HEALTHY; second <= ULAK_HEALTH_UNHEALTHY; second++)
      {
        g_autoptr (UlakHealth) health = ulak_health_new ();

        ulak_health_add (health, "first", (UlakHealthStatus) first, "%s", "");
        ulak_health_add (health, "second", (UlakHealthStatus) second, "%s", "");
        g_assert_cmpint (ulak_health_get_overall (health), ==, MAX (first, second));
      }
}

static void
test_words_go_both_ways (void)
{
  for (int i = ULAK_HEALTH_HEALTHY; i <= ULAK_HEALTH_UNHEALTHY; i++)
    g_assert_cmpint (ulak_health_status_from_string (ulak_health_status_to_string ((UlakHealthStatus) i)), ==, i);
}

static void
test_an_unknown_word_is_unhealthy (void)
{
  g_assert_cmpint (ulak_health_status_from_string ("fine"), ==, ULAK_HEALTH_UNHEALTHY);
  g_assert_cmpint (ulak_health_status_from_string (NULL), ==, ULAK_HEALTH_UNHEALTHY);
}

static void
test_the_variant_keeps_order_and_sentences (void)
{
  g_autoptr (UlakHealth) health = ulak_health_new ();
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *text = NULL;

  ulak_health_add (health, "database", ULAK_HEALTH_HEALTHY, "%s", "");
  ulak_health_add (health, "keyring", ULAK_HEALTH_DEGRADED, "The keyring is %s", "locked");
  variant = g_variant_ref_sink (ulak_health_to_variant (health));
  text = g_variant_print (variant, FALSE);
  g_assert_cmpstr (text, ==, "[('database', 'healthy', ''), ('keyring', 'degraded', 'The keyring is locked')]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/health/nothing checked is healthy", test_nothing_checked_is_healthy);
  g_test_add_func ("/health/the worst check decides, in any order", test_the_worst_check_decides_in_any_order);
  g_test_add_func ("/health/words go both ways", test_words_go_both_ways);
  g_test_add_func ("/health/an unknown word is unhealthy", test_an_unknown_word_is_unhealthy);
  g_test_add_func ("/health/the variant keeps order and sentences", test_the_variant_keeps_order_and_sentences);
  return g_test_run ();
}
