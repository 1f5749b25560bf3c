/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "ctl/table.h"

static JsonArray *
parse (const char *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  return json_array_ref (json_node_get_array (node));
}

static void
columns_are_as_wide_as_their_widest_cell (void)
{
  const UlakColumn columns[] = { { "id", "id" }, { "name", "name" } };
  g_autoptr (JsonArray) rows = parse ("[{\"id\":\"a\",\"name\":\"Ayşe\"},{\"id\":\"longer\",\"name\":null}]");
  g_autofree char *text = ulak_table_print (rows, columns, G_N_ELEMENTS (columns));

  g_assert_cmpstr (text, ==, "ID      NAME\na       Ayşe\nlonger  -\n");
}

static void
no_rows_print_nothing (void)
{
  const UlakColumn columns[] = { { "id", "id" } };
  g_autoptr (JsonArray) rows = parse ("[]");
  g_autofree char *text = ulak_table_print (rows, columns, G_N_ELEMENTS (columns));

  g_assert_cmpstr (text, ==, "");
}

static void
cells_reach_into_objects_and_name_every_kind_of_value (void)
{
  g_autoptr (JsonArray) rows = parse ("[{\"a\":{\"b\":\"deep\"},\"n\":7,\"d\":1.5,\"t\":true,\"f\":false,\"l\":[1,{\"x\":2}],\"z\":[],\"e\":\"\"}]");
  static const char *const cases[][2] = { { "a.b", "deep" }, { "a", "…" }, { "a.c", "-" }, { "n.x", "-" }, { "n", "7" },
                                          { "d", "1.5" },    { "t", "yes" }, { "f", "no" }, { "l", "2" },   { "e", "-" },
                                          { "l.last.x", "2" }, { "l.x", "-" }, { "z.last", "-" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *cell = ulak_table_get_cell (json_array_get_object_element (rows, 0), cases[i][0]);

      g_assert_cmpstr (cell, ==, cases[i][1]);
    }
}

static void
what_others_wrote_cannot_steer_the_terminal (void)
{
  g_autoptr (JsonArray) rows = parse ("[{\"text\":\"a\\u001b[2Jb\\nc\"}]");
  g_autofree char *cell = ulak_table_get_cell (json_array_get_object_element (rows, 0), "text");

  g_assert_cmpstr (cell, ==, "a [2Jb c");
}

static void
long_cells_end_in_an_ellipsis (void)
{
  g_autofree char *long_text = g_strnfill (200, 'x');
  g_autoptr (JsonObject) row = json_object_new ();
  g_autofree char *cell = NULL;

  json_object_set_string_member (row, "text", long_text);
  cell = ulak_table_get_cell (row, "text");
  g_assert_cmpint (g_utf8_strlen (cell, -1), ==, 60);
  g_assert_true (g_str_has_suffix (cell, "…"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/table/columns-are-as-wide-as-their-widest-cell", columns_are_as_wide_as_their_widest_cell);
  g_test_add_func ("/ctl/table/no-rows-print-nothing", no_rows_print_nothing);
  g_test_add_func ("/ctl/table/cells-reach-into-objects", cells_reach_into_objects_and_name_every_kind_of_value);
  g_test_add_func ("/ctl/table/terminal-is-safe", what_others_wrote_cannot_steer_the_terminal);
  g_test_add_func ("/ctl/table/long-cells-end-in-an-ellipsis", long_cells_end_in_an_ellipsis);
  return g_test_run ();
}
