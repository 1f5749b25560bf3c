/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "ctl/command.h"

#include "core/error.h"

/** ulak_invocation_get: Returns: (nullable): the value of a long option, "" for a flag, %NULL when it was not given */
const char *
ulak_invocation_get (const UlakInvocation *self, const char *option)
{
  return g_hash_table_lookup (self->options, option);
}

gboolean
ulak_invocation_has (const UlakInvocation *self, const char *option)
{
  return g_hash_table_contains (self->options, option);
}

/** ulak_invocation_get_limit: reads --limit, 1 to 10,000 */
gboolean
ulak_invocation_get_limit (const UlakInvocation *self, guint fallback, guint *limit_out, GError **error)
{
  const char *text = ulak_invocation_get (self, "limit");
  guint64 value = fallback;
  g_autoptr (GError) local_error = NULL;

  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 1, 10000, &value, &local_error))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--limit is ‘%s’; allowed 1 to 10000", text);
      return FALSE;
    }
  *limit_out = (guint) value;
  return TRUE;
}

/** ulak_print_rows: prints a JSON array as it is with --json, else as a table */
void
ulak_print_rows (const UlakInvocation *self, const char *json_array, const UlakColumn *columns, gsize n_columns)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  if (self->as_json)
    {
      g_print ("%s\n", json_array);
      return;
    }

  node = json_from_string (json_array, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return;
  text = ulak_table_print (json_node_get_array (node), columns, n_columns);
  g_print ("%s", *text != '\0' ? text : "(none)\n");
}

/** ulak_print_document: prints a JSON object as it is with --json, else "title: value" lines */
void
ulak_print_document (const UlakInvocation *self, const char *json_object, const UlakColumn *columns, gsize n_columns)
{
  g_autoptr (JsonNode) node = NULL;

  if (self->as_json)
    {
      g_print ("%s\n", json_object);
      return;
    }

  node = json_from_string (json_object, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  for (gsize i = 0; i < n_columns; i++)
    {
      g_autofree char *cell = ulak_table_get_cell (json_node_get_object (node), columns[i].path);

      g_print ("%-12s %s\n", columns[i].title, cell);
    }
}

/** ulak_print_done: the answer of a command that only does something: a sentence, or {} with --json */
void
ulak_print_done (const UlakInvocation *self, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list args;

  va_start (args, format);
  sentence = g_strdup_vprintf (format, args);
  va_end (args);
  g_print ("%s\n", self->as_json ? "{}" : sentence);
}
