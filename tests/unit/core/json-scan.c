/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/json-scan.h"

#include "core/error.h"

#include <string.h>

static const UlakJsonLimits limits = { 1000, 8, 20, FALSE };

static void
test_takes_json (void)
{
  static const char *const good[] = {
    "{}",
    "[]",
    " \t\r\n{ } \n",
    "0",
    "-0.5e+10",
    "1E2",
    "\"\"",
    "true",
    "false",
    "null",
    "[1,2,3]",
    "[[],[[]],{}]",
    "{\"a\":1,\"b\":[true,null],\"c\":{\"d\":\"e\"}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0131\"",
    "\"\\ud83d\\ude00\"",
    "\"ş😀\"",
    "\"[{,\\\"\"",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (ulak_json_scan (good[i], strlen (good[i]), &limits, &error));
      g_assert_no_error (error);
    }
}

static void
test_refuses_others (void)
{
  static const struct
  {
    const char *text;
    const char *expected;
  } bad[] = {
    { "", "at byte 0, where a value" },
    { "  ", "at byte 2, where a value" },
    { "{", "at byte 1, where a string" },
    { "[", "at byte 1, where a value" },
    { "[1", "at byte 2, where a comma or ]" },
    { "[1}", "at byte 2, where a comma or ]" },
    { "{\"a\":1]", "at byte 6, where a comma or }" },
    { "[1,]", "at byte 3, where a value" },
    { "{\"a\":1,}", "at byte 7, where a string" },
    { "{a:1}", "at byte 1, where a string" },
    { "{\"a\"1}", "at byte 4, where a colon" },
    { "{'a':1}", "at byte 1, where a string" },
    { "[1] 2", "at byte 4, where the end" },
    { "{}{}", "at byte 2, where the end" },
    { "]", "at byte 0, where a value" },
    { "01", "at byte 1, where the end" },
    { "-", "at byte 1, where a digit" },
    { "1.", "at byte 2, where a digit" },
    { ".5", "at byte 0, where a value" },
    { "+1", "at byte 0, where a value" },
    { "1e999", "at byte 5, where the end of a number that fits a double is expected" },
    { "[-1e999]", "at byte 7, where the end of a number that fits a double" },
    { "1e", "at byte 2, where a digit" },
    { "NaN", "at byte 0, where a value" },
    { "tru", "at byte 0, where a value" },
    { "nul", "at byte 0, where a value" },
    { "\"abc", "at byte 4, where the end of a string" },
    { "\"a\nb\"", "at byte 2, where the end of a string" },
    { "\"\\x\"", "at byte 2, where an escape" },
    { "\"\\", "at byte 2, where an escape" },
    { "\"\\u12g4\"", "at byte 5, where four hexadecimal digits" },
    { "\"\\u0000\"", "where a character other than U+0000" },
    { "\"\\udc00\"", "where the first half" },
    { "\"\\ud800\"", "where the second half" },
    { "\"\\ud800\\u0041\"", "where the second half" },
    { "\"\\ud800\\", "where the second half" },
    { "/* c */ 1", "at byte 0, where a value" },
    { "var x = 1", "at byte 0, where a value" },
    { "\xef\xbb\xbf{}", "at byte 0, where a value" },
    { "\"\xff\"", "not UTF-8 or holds a NUL at byte 1" },
    { "\"\xed\xa0\x80\"", "not UTF-8 or holds a NUL at byte 1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (ulak_json_scan (bad[i].text, strlen (bad[i].text), &limits, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
      if (strstr (error->message, bad[i].expected) == NULL)
        g_error ("‘%s’ says ‘%s’, not ‘%s’", bad[i].text, error->message, bad[i].expected);
    }
}

static void
test_number_length (void)
{
  UlakJsonLimits wide = { 1000, 8, 20, FALSE };
  g_autofree char *zeros = g_strnfill (397, '0');
  g_autofree char *fits = g_strconcat ("0.", zeros, "1", NULL);
  g_autofree char *longer = g_strconcat (fits, "1", NULL);

  g_assert_true (ulak_json_scan (fits, strlen (fits), &wide, NULL));
  g_assert_false (ulak_json_scan (longer, strlen (longer), &wide, NULL));
}

static void
test_wide_integers (void)
{
  static const UlakJsonLimits exact = { 1000, 8, 20, TRUE };
  static const struct
  {
    const char *text;
    gboolean is_exact;
  } cases[] = {
    { "9223372036854775807", TRUE },
    { "[-9223372036854775808]", TRUE },
    { "-0", TRUE },
    { "9223372036854775808.0", TRUE }, /* a double says itself that it is not exact */
    { "1e300", TRUE },
    { "9223372036854775808", FALSE },
    { "{\"a\":-9223372036854775809}", FALSE },
    { "99999999999999999999999999999999", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (ulak_json_scan (cases[i].text, strlen (cases[i].text), &limits, NULL)); /* a peer's */
      g_assert_cmpint (ulak_json_scan (cases[i].text, strlen (cases[i].text), &exact, &error), ==, cases[i].is_exact);
      if (cases[i].is_exact)
        continue;
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, "where the end of an integer that fits 64 bits with a sign is expected"));
    }
}

static void
test_refuses_nul (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_json_scan ("[1]\0", 4, &limits, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "a NUL at byte 3"));
}

static gboolean
is_too_large (const char *text, const char *what)
{
  g_autoptr (GError) error = NULL;

  if (ulak_json_scan (text, strlen (text), &limits, &error))
    return FALSE;
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, what));
  return TRUE;
}

static void
test_depth (void)
{
  g_assert_false (is_too_large ("[[[[[[[[1]]]]]]]]", ""));
  g_assert_true (is_too_large ("[[[[[[[[[1]]]]]]]]]", "nested levels; allowed up to 8"));
  g_assert_true (is_too_large ("{\"a\":[{\"a\":[{\"a\":[{\"a\":[{}]}]}]}]}", "nested levels"));
  g_assert_true (is_too_large ("[[[[[[[[[[[[[[[[[[[", "nested levels"));
}

static void
test_depth_stack (void)
{
  UlakJsonLimits deep = { 100000, G_MAXUINT, 100000, FALSE };
  g_autofree char *brackets = g_strnfill (80000, '[');
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_json_scan (brackets, 80000, &deep, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static void
test_elements (void)
{
  g_assert_false (is_too_large ("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]", ""));
  g_assert_true (is_too_large ("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]",
                               "elements; allowed up to 20"));
  g_assert_true (is_too_large ("{\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,"
                               "\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0}",
                               "elements"));
}

static void
test_bytes (void)
{
  g_autofree char *text = g_strnfill (1001, ' ');

  memcpy (text, "{}", 2);
  g_assert_true (is_too_large (text, "bytes; allowed up to 1000"));
  text[1000] = '\0';
  g_assert_false (is_too_large (text, ""));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-scan/every kind of JSON value passes", test_takes_json);
  g_test_add_func ("/json-scan/whatever is not JSON is refused at its byte", test_refuses_others);
  g_test_add_func ("/json-scan/a number has up to 400 characters", test_number_length);
  g_test_add_func ("/json-scan/an integer of a client fits 64 bits", test_wide_integers);
  g_test_add_func ("/json-scan/a NUL byte is refused", test_refuses_nul);
  g_test_add_func ("/json-scan/nesting is limited", test_depth);
  g_test_add_func ("/json-scan/a limit above the stack is cut to it", test_depth_stack);
  g_test_add_func ("/json-scan/elements are limited, duplicate keys counted", test_elements);
  g_test_add_func ("/json-scan/bytes are limited", test_bytes);
  return g_test_run ();
}
