/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/json.h"

#include "core/error.h"

#include <string.h>

#define DOCUMENT \
  "{\"text\":\"merhaba\",\"empty\":\"\",\"n\":42,\"x\":1.5,\"yes\":true,\"none\":null,\"o\":{\"a\":1},\"l\":[1,2,3]}"

static JsonObject *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = ulak_json_parse_object (text, strlen (text), &ULAK_JSON_LIMITS_REQUEST, &error);

  g_assert_no_error (error);
  return object;
}

static void
append_issue (const char *path, const char *message, gpointer user_data)
{
  g_string_append_printf (user_data, "%s: %s\n", path, message);
}

static void
assert_issues (UlakIssues *issues, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  if (!ulak_issues_to_error (issues, &error))
    ulak_issues_foreach_in_error (error, append_issue, text);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_prints_back (void)
{
  g_autoptr (JsonObject) object = parse (DOCUMENT);
  g_autofree char *text = ulak_json_print_object (object);
  g_autoptr (JsonNode) node = ulak_json_parse ("[1, \"a\"]", 8, &ULAK_JSON_LIMITS_REQUEST, NULL);
  g_autofree char *array = ulak_json_print (node);

  g_assert_cmpstr (text, ==, DOCUMENT);
  g_assert_cmpstr (array, ==, "[1,\"a\"]");
}

static void
test_prints_numbers_and_strings (void)
{
  static const struct
  {
    const char *read;
    const char *printed;
  } cases[] = {
    { "1e20", "1e+20" },
    { "0.1", "0.1" },
    { "2.0", "2.0" },
    { "-0.25e1", "-2.5" },
    { "9223372036854775807", "9223372036854775807" },
    { "\"\\b\\f\\n\\r\\t\\u001f\\\"\\\\\\/ş\"", "\"\\b\\f\\n\\r\\t\\u001f\\\"\\\\/ş\"" },
    { "[[], {}, null, false]", "[[],{},null,false]" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (JsonNode) node
          = ulak_json_parse (cases[i].read, strlen (cases[i].read), &ULAK_JSON_LIMITS_REQUEST, NULL);
      g_autofree char *printed = ulak_json_print (node);

      g_assert_cmpstr (printed, ==, cases[i].printed);
    }
}

static void
test_prints_no_infinity (void)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *printed = NULL;

  json_object_set_double_member (object, "x", G_MAXDOUBLE * 2);
  printed = ulak_json_print_object (object);
  g_assert_cmpstr (printed, ==, "{\"x\":null}");
}

static void
test_root (void)
{
  g_autoptr (GError) not_object = NULL, not_json = NULL, scalar_error = NULL;
  g_autoptr (JsonNode) scalar = ulak_json_parse ("7", 1, &ULAK_JSON_LIMITS_REQUEST, &scalar_error);

  g_assert_no_error (scalar_error);
  g_assert_cmpint (json_node_get_int (scalar), ==, 7);
  g_assert_null (ulak_json_parse_object ("[1]", 3, &ULAK_JSON_LIMITS_REQUEST, &not_object));
  g_assert_error (not_object, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_null (ulak_json_parse_object ("{", 1, &ULAK_JSON_LIMITS_REQUEST, &not_json));
  g_assert_error (not_json, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
test_unterminated_bytes (void)
{
  g_autofree char *bytes = g_malloc (2);
  g_autoptr (JsonObject) object = NULL;

  memcpy (bytes, "{}", 2);
  object = ulak_json_parse_object (bytes, 2, &ULAK_JSON_LIMITS_REQUEST, NULL);
  g_assert_cmpuint (json_object_get_size (object), ==, 0);
}

static void
test_surrogates (void)
{
  g_autoptr (JsonObject) object = parse ("{\"t\":\"\\ud83d\\ude00\"}");
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (ulak_json_peek_string (object, "t"), ==, "😀");
  g_assert_null (ulak_json_parse ("\"\\ud83d\"", 8, &ULAK_JSON_LIMITS_REQUEST, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
test_reads (void)
{
  g_autoptr (JsonObject) object = parse (DOCUMENT);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  g_assert_cmpstr (ulak_json_read_string (object, "", "text", ULAK_JSON_REQUIRED, 1, 7, issues), ==, "merhaba");
  g_assert_cmpstr (ulak_json_read_string (object, "", "empty", ULAK_JSON_REQUIRED, 0, 7, issues), ==, "");
  g_assert_cmpint (ulak_json_read_integer (object, "", "n", ULAK_JSON_REQUIRED, 42, 42, 0, issues), ==, 42);
  g_assert_cmpfloat (ulak_json_read_number (object, "", "x", ULAK_JSON_REQUIRED, 0, 2, issues), ==, 1.5);
  g_assert_cmpfloat (ulak_json_read_number (object, "", "n", ULAK_JSON_REQUIRED, 0, 50, issues), ==, 42);
  g_assert_true (ulak_json_read_boolean (object, "", "yes", FALSE, issues));
  g_assert_nonnull (ulak_json_read_object (object, "", "o", ULAK_JSON_REQUIRED, issues));
  g_assert_nonnull (ulak_json_read_array (object, "", "l", ULAK_JSON_REQUIRED, 3, 3, issues));
  assert_issues (issues, "");
}

static void
test_absent_optional (void)
{
  g_autoptr (JsonObject) object = parse (DOCUMENT);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  g_assert_null (ulak_json_read_string (object, "", "none", ULAK_JSON_OPTIONAL, 1, 7, issues));
  g_assert_cmpint (ulak_json_read_integer (object, "", "gone", ULAK_JSON_OPTIONAL, 1, 7, 5, issues), ==, 5);
  g_assert_cmpfloat (ulak_json_read_number (object, "", "gone", ULAK_JSON_OPTIONAL, 1, 7, issues), ==, 0);
  g_assert_true (ulak_json_read_boolean (object, "", "none", TRUE, issues));
  g_assert_null (ulak_json_read_object (object, "", "gone", ULAK_JSON_OPTIONAL, issues));
  g_assert_null (ulak_json_read_array (object, "", "gone", ULAK_JSON_OPTIONAL, 1, 7, issues));
  assert_issues (issues, "");
}

static void
test_absent_required (void)
{
  g_autoptr (JsonObject) object = parse (DOCUMENT);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  ulak_json_read_string (object, "", "none", ULAK_JSON_REQUIRED, 1, 7, issues);
  ulak_json_read_integer (object, "image", "width", ULAK_JSON_REQUIRED, 1, 7, 0, issues);
  ulak_json_read_object (object, "rows[2]", "reply", ULAK_JSON_REQUIRED, issues);
  assert_issues (issues, "none: is required\nimage.width: is required\nrows[2].reply: is required\n");
}

static void
test_wrong_types (void)
{
  g_autoptr (JsonObject) object = parse (DOCUMENT);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  g_assert_null (ulak_json_read_string (object, "", "n", ULAK_JSON_OPTIONAL, 0, 7, issues));
  g_assert_cmpint (ulak_json_read_integer (object, "", "x", ULAK_JSON_OPTIONAL, 0, 7, 3, issues), ==, 3);
  ulak_json_read_number (object, "", "text", ULAK_JSON_OPTIONAL, 0, 7, issues);
  ulak_json_read_boolean (object, "", "n", FALSE, issues);
  ulak_json_read_object (object, "", "l", ULAK_JSON_OPTIONAL, issues);
  ulak_json_read_array (object, "", "o", ULAK_JSON_OPTIONAL, 0, 7, issues);
  assert_issues (issues, "n: must be a string\nx: must be a whole number\ntext: must be a number\n"
                         "n: must be true or false\nl: must be an object\no: must be an array\n");
}

static void
test_ranges (void)
{
  g_autoptr (JsonObject) object = parse (DOCUMENT);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  ulak_json_read_string (object, "", "text", ULAK_JSON_OPTIONAL, 1, 6, issues);
  ulak_json_read_string (object, "", "empty", ULAK_JSON_OPTIONAL, 1, 6, issues);
  ulak_json_read_integer (object, "", "n", ULAK_JSON_OPTIONAL, 1, 41, 0, issues);
  ulak_json_read_number (object, "", "x", ULAK_JSON_OPTIONAL, 2, 3, issues);
  ulak_json_read_array (object, "", "l", ULAK_JSON_OPTIONAL, 1, 2, issues);
  assert_issues (issues, "text: has 7 characters; allowed 1 to 6\nempty: has 0 characters; allowed 1 to 6\n"
                         "n: is 42; allowed 1 to 41\nx: is 1.5; allowed 2 to 3\nl: has 3 elements; allowed 1 to 2\n");
}

static void
test_unknown_members (void)
{
  static const char *const known[] = { "to", "text", "reply_to", NULL };
  g_autofree char *long_name = g_strnfill (500, 'n');
  g_autofree char *document = g_strdup_printf ("{\"to\":1,\"tex\":2,\"colour\":3,\"%s\":4}", long_name);
  g_autoptr (JsonObject) object = parse (document);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autofree char *expected = g_strdup_printf ("tex: is not known; did you mean text?\n"
                                               "colour: is not known; allowed are to, text, reply_to\n"
                                               "%.64s: is not known; allowed are to, text, reply_to\n",
                                               long_name);

  ulak_json_refuse_unknown (object, "", known, issues);
  assert_issues (issues, expected);
}

static void
test_peeks (void)
{
  g_autoptr (JsonObject) object = parse (DOCUMENT);

  g_assert_cmpstr (ulak_json_peek_string (object, "text"), ==, "merhaba");
  g_assert_null (ulak_json_peek_string (object, "n"));
  g_assert_null (ulak_json_peek_string (object, "none"));
  g_assert_null (ulak_json_peek_string (object, "gone"));
  g_assert_cmpint (ulak_json_peek_integer (object, "n", 7), ==, 42);
  g_assert_cmpint (ulak_json_peek_integer (object, "text", 7), ==, 7);
  g_assert_true (ulak_json_peek_boolean (object, "yes", FALSE));
  g_assert_true (ulak_json_peek_boolean (object, "n", TRUE));
  g_assert_nonnull (ulak_json_peek_object (object, "o"));
  g_assert_null (ulak_json_peek_object (object, "l"));
  g_assert_nonnull (ulak_json_peek_array (object, "l"));
  g_assert_null (ulak_json_peek_array (object, "o"));
}

static void
test_first_and_copy (void)
{
  const char text[] = "{\"a\":[{\"n\":\"x\"},1],\"b\":[1],\"c\":[],\"d\":\"s\"}";
  g_autoptr (JsonObject) object = ulak_json_parse_object (text, strlen (text), &ULAK_JSON_LIMITS_REQUEST, NULL);
  g_autoptr (JsonObject) to = json_object_new ();

  g_assert_cmpstr (ulak_json_peek_string (ulak_json_peek_first (object, "a"), "n"), ==, "x");
  g_assert_null (ulak_json_peek_first (object, "b"));
  g_assert_null (ulak_json_peek_first (object, "c"));
  g_assert_null (ulak_json_peek_first (object, "d"));
  ulak_json_copy_string (object, "d", to, "e");
  ulak_json_copy_string (object, "a", to, "f");
  g_assert_cmpstr (ulak_json_peek_string (to, "e"), ==, "s");
  g_assert_cmpuint (json_object_get_size (to), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/a document is printed as it was read", test_prints_back);
  g_test_add_func ("/json/the first object of an array is peeked at, and strings are copied", test_first_and_copy);
  g_test_add_func ("/json/numbers and strings are printed so that they read back", test_prints_numbers_and_strings);
  g_test_add_func ("/json/what JSON cannot say is printed as null", test_prints_no_infinity);
  g_test_add_func ("/json/the root is an object where one is asked for", test_root);
  g_test_add_func ("/json/bytes need not end in NUL", test_unterminated_bytes);
  g_test_add_func ("/json/surrogate pairs are read and halves refused", test_surrogates);
  g_test_add_func ("/json/fields are read by type", test_reads);
  g_test_add_func ("/json/an absent or null optional field gives the fallback in silence", test_absent_optional);
  g_test_add_func ("/json/an absent required field is an issue at its path", test_absent_required);
  g_test_add_func ("/json/a field of another type is an issue", test_wrong_types);
  g_test_add_func ("/json/a field out of its range is an issue that names the range", test_ranges);
  g_test_add_func ("/json/unknown members are issues and near misses are named", test_unknown_members);
  g_test_add_func ("/json/peeks take what fits and say nothing else", test_peeks);
  return g_test_run ();
}
