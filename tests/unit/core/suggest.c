/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/suggest.h"

static const char *const words[] = { "attempts", "timeout_ms", "backoff_ms", "backoff_max_ms", "api", NULL };

static void
test_near (void)
{
  g_assert_cmpstr (ulak_suggest ("atempts", words), ==, "attempts");
  g_assert_cmpstr (ulak_suggest ("timeout_s", words), ==, "timeout_ms");
  g_assert_cmpstr (ulak_suggest ("backof_ms", words), ==, "backoff_ms");
  g_assert_cmpstr (ulak_suggest ("apis", words), ==, "api");
  g_assert_cmpstr (ulak_suggest ("attempts", words), ==, "attempts");
}

static void
test_far (void)
{
  g_autofree char *long_word = g_strnfill (100000, 'a');

  g_assert_null (ulak_suggest ("concurrency", words));
  g_assert_null (ulak_suggest ("abc", words));
  g_assert_null (ulak_suggest ("", words));
  g_assert_null (ulak_suggest (long_word, words));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/suggest/a slip of one or two letters finds the word", test_near);
  g_test_add_func ("/suggest/another word finds nothing", test_far);
  return g_test_run ();
}
