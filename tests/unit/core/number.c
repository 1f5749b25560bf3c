/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/number.h"

static void
test_shortest (void)
{
  static const struct
  {
    double value;
    const char *text;
  } cases[] = {
    { 0, "0" },
    { 0.1, "0.1" },
    { 0.1 + 0.2, "0.30000000000000004" },
    { 1e15, "1e+15" },
    { 123456789012345, "123456789012345" },
    { -2.5, "-2.5" },
    { 5e-324, "4.94065645841247e-324" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) text = g_string_new ("x");

      ulak_append_double (text, cases[i].value);
      g_assert_cmpstr (text->str + 1, ==, cases[i].text);
      g_assert_cmpfloat (g_ascii_strtod (text->str + 1, NULL), ==, cases[i].value);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/number/the shortest text reads back as the number", test_shortest);
  return g_test_run ();
}
