/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/mime.h"

static void
test_types (void)
{
  static const char *const valid[] = { "image/jpeg", "audio/ogg; codecs=opus", "audio/ogg ;codecs=opus", "application/vnd.ms-excel", "a/b+c", "TEXT/HTML;a=\"b c\"" };
  static const char *const invalid[] = { "", "/", "image", "image/", "/jpeg", "image/jpeg\r\nX: y", "image/jpeg; a=\n", "image/p\303\244ng", "im age/png",
                                         "image/png x", "image/png;a=\303\244", " image/png" };
  g_autofree char *filling = g_strnfill (ULAK_MIME_TYPE_MAX, 'x');
  g_autofree char *large = g_strconcat ("a/", filling, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (valid); i++)
    g_assert_true (ulak_mime_type_is_valid (valid[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    g_assert_false (ulak_mime_type_is_valid (invalid[i]));
  g_assert_false (ulak_mime_type_is_valid (large));
}

static void
test_names (void)
{
  static const struct
  {
    const char *name, *clean;
  } cases[] = {
    { "", "" },
    { "a b.pdf", "a b.pdf" },
    { "f\303\274r.pdf", "f\303\274r.pdf" },
    { "a\r\nb.html", "a__b.html" },
    { "../../etc", ".._.._etc" },
    { "..\\a", ".._a" },
    { "a\342\200\250b", "a_b" },
    { "a\302\205b", "a_b" },
  };
  g_autofree char *large = g_strnfill (ULAK_FILE_NAME_MAX + 1, 'x');
  g_autofree char *cut = ulak_file_name_clean (large);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clean = ulak_file_name_clean (cases[i].name);

      g_assert_cmpstr (clean, ==, cases[i].clean);
      g_assert_cmpint (ulak_file_name_is_valid (cases[i].name), ==, g_str_equal (cases[i].name, cases[i].clean));
      g_assert_true (ulak_file_name_is_valid (clean));
    }
  g_assert_false (ulak_file_name_is_valid (large));
  g_assert_true (ulak_file_name_is_valid (cut));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/mime/a type has two tokens and printable parameters", test_types);
  g_test_add_func ("/core/mime/a name neither ends a line nor leads elsewhere", test_names);
  return g_test_run ();
}
