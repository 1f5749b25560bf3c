/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/options.h"

#include "core/error.h"

static const UlakServiceSpec line = { .program = "ulak-line", .summary = "A line", .takes_account = TRUE };
static const UlakServiceSpec plain = { .program = "ulak-plain", .summary = "Not a line" };

#define ARGUMENTS(...) ((char *[]){ (char *) "program", __VA_ARGS__ __VA_OPT__ (, ) NULL })

static void
test_everything_is_taken (void)
{
  g_auto (UlakOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (ulak_options_parse (&line, ARGUMENTS ((char *) "--config", (char *) "/x.conf", (char *) "sales"),
                                     &options, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (options.config_file, ==, "/x.conf");
  g_assert_cmpstr (options.account, ==, "sales");
  g_assert_false (options.check);
  g_assert_false (options.version);
}

static void
assert_refused (const UlakServiceSpec *spec, char **arguments, const char *part)
{
  g_auto (UlakOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_options_parse (spec, arguments, &options, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_null (options.account);
}

static void
test_a_line_needs_exactly_one_account (void)
{
  assert_refused (&line, ARGUMENTS (), "An account id is needed");
  assert_refused (&line, ARGUMENTS ((char *) "a", (char *) "b"), "‘b’ is one too many");
  assert_refused (&plain, ARGUMENTS ((char *) "a"), "‘a’ is one too many");
}

static void
test_a_wrong_account_says_what_is_allowed (void)
{
  static const char *const wrong[] = { "", "9a", "Sales", "a-b", "../x", "a/b", "abcdefghijklmnopqrstuvwxyz0123456" };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_refused (&line, ARGUMENTS ((char *) wrong[i]), "allowed are");
}

static void
test_an_unknown_option_is_named (void)
{
  assert_refused (&plain, ARGUMENTS ((char *) "--colour"), "--colour");
}

static void
test_a_check_needs_no_account (void)
{
  g_auto (UlakOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (ulak_options_parse (&line, ARGUMENTS ((char *) "--check"), &options, &error));
  g_assert_no_error (error);
  g_assert_true (options.check);
  g_assert_null (options.account);
}

static void
test_the_help_names_each_option (void)
{
  static const char *const expected[] = { "--config", "--check", "--version", "--help", "A line", "ACCOUNT" };
  g_autofree char *help = ulak_options_describe (&line);

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_nonnull (strstr (help, expected[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/everything is taken", test_everything_is_taken);
  g_test_add_func ("/options/a line needs exactly one account", test_a_line_needs_exactly_one_account);
  g_test_add_func ("/options/a wrong account says what is allowed", test_a_wrong_account_says_what_is_allowed);
  g_test_add_func ("/options/an unknown option is named", test_an_unknown_option_is_named);
  g_test_add_func ("/options/a check needs no account", test_a_check_needs_no_account);
  g_test_add_func ("/options/the help names each option", test_the_help_names_each_option);
  return g_test_run ();
}
