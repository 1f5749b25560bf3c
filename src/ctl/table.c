/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "ctl/table.h"

#define CELL_MAX 60 /* characters: longer cells end in an ellipsis, so that rows stay rows */

static JsonNode *
step_into (JsonNode *node, const char *name)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array != NULL)
    return g_str_equal (name, "last") && json_array_get_length (array) > 0
               ? json_array_get_element (array, json_array_get_length (array) - 1)
               : NULL;
  return JSON_NODE_HOLDS_OBJECT (node) ? json_object_get_member (json_node_get_object (node), name) : NULL;
}

static JsonNode *
find_member (JsonObject *row, const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, ".", -1);
  JsonNode *node = json_object_get_member (row, names[0]);

  for (guint i = 1; names[i] != NULL && node != NULL; i++)
    node = step_into (node, names[i]);
  return node;
}

static char *
shorten (const char *text)
{
  g_autofree char *line = g_utf8_make_valid (text, -1);

  for (char *at = line; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at)) && *at > 0)
      *at = ' ';
  if (g_utf8_strlen (line, -1) > CELL_MAX)
    {
      g_autofree char *head = g_utf8_substring (line, 0, CELL_MAX - 1);

      return g_strconcat (head, "…", NULL);
    }
  return g_steal_pointer (&line);
}

/**
 * ulak_table_get_cell:
 *
 * Control characters become blanks: what others wrote must not steer the terminal.
 *
 * Returns: (transfer full): the value at @path as text, "-" for none, "yes" and "no" for booleans, the length of arrays
 */
char *
ulak_table_get_cell (JsonObject *row, const char *path)
{
  JsonNode *node = find_member (row, path);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("-");
  if (JSON_NODE_HOLDS_ARRAY (node))
    return g_strdup_printf ("%u", json_array_get_length (json_node_get_array (node)));
  if (JSON_NODE_HOLDS_OBJECT (node))
    return g_strdup ("…");
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return *json_node_get_string (node) != '\0' ? shorten (json_node_get_string (node)) : g_strdup ("-");
  if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "yes" : "no");
  if (json_node_get_value_type (node) == G_TYPE_DOUBLE)
    return g_strdup_printf ("%g", json_node_get_double (node));
  return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
}

static void
append_row (GString *text, char **cells, const gsize *widths, gsize n_columns)
{
  for (gsize i = 0; i < n_columns; i++)
    {
      gsize width = (gsize) g_utf8_strlen (cells[i], -1);

      g_string_append (text, cells[i]);
      if (i + 1 < n_columns)
        g_string_append_printf (text, "%*s", (int) (widths[i] - width + 2), "");
    }
  g_string_append_c (text, '\n');
}

/**
 * ulak_table_print:
 * @rows: an array of objects
 *
 * Returns: (transfer full): the titles in capitals and a line for each row; "" when there are no rows
 */
char *
ulak_table_print (JsonArray *rows, const UlakColumn *columns, gsize n_columns)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree gsize *widths = g_new0 (gsize, n_columns);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint r = 0; r <= json_array_get_length (rows); r++)
    {
      char **cells = g_new0 (char *, n_columns + 1);

      for (gsize c = 0; c < n_columns; c++)
        {
          cells[c] = r == 0 ? g_ascii_strup (columns[c].title, -1)
                            : ulak_table_get_cell (json_array_get_object_element (rows, r - 1), columns[c].path);
          widths[c] = MAX (widths[c], (gsize) g_utf8_strlen (cells[c], -1));
        }
      g_ptr_array_add (lines, cells);
    }

  for (guint i = 0; lines->len > 1 && i < lines->len; i++)
    append_row (text, lines->pdata[i], widths, n_columns);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
