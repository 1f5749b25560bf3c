/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/issues.h"

#include "core/error.h"

static void
collect (const char *path, const char *message, gpointer user_data)
{
  g_string_append_printf (user_data, "[%s|%s]", path, message);
}

static void
test_none (void)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (ulak_issues_to_error (issues, &error));
  g_assert_no_error (error);
}

static void
test_round_trip (void)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) seen = g_string_new (NULL);

  ulak_issues_add (issues, "image.link", "is %d; allowed: %s", 5, "one line\nor two");
  ulak_issues_add (issues, "", "must be an object");
  g_assert_cmpuint (ulak_issues_count (issues), ==, 2);
  g_assert_false (ulak_issues_to_error (issues, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);

  ulak_issues_foreach_in_error (error, collect, seen);
  g_assert_cmpstr (seen->str, ==, "[image.link|is 5; allowed: one line or two][.|must be an object]");
}

static void
test_plain_error (void)
{
  g_autoptr (GError) error = g_error_new (ULAK_ERROR, ULAK_ERROR_INVALID, "The document is bad: very bad");
  g_autoptr (GString) seen = g_string_new (NULL);

  ulak_issues_foreach_in_error (error, collect, seen);
  g_assert_cmpstr (seen->str, ==, "[.|The document is bad: very bad]");
}

static void
test_limit (void)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  for (guint i = 0; i < 2 * ULAK_ISSUES_MAX; i++)
    ulak_issues_add (issues, "x", "is wrong");
  g_assert_cmpuint (ulak_issues_count (issues), ==, ULAK_ISSUES_MAX);
  ulak_issues_free (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/issues/no issue is no error", test_none);
  g_test_add_func ("/issues/paths and sentences survive the error", test_round_trip);
  g_test_add_func ("/issues/an error without a path is about the whole document", test_plain_error);
  g_test_add_func ("/issues/only so many are kept", test_limit);
  return g_test_run ();
}
