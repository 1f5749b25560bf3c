/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Our own printer, since json-glib writes 1e20 as "1e+20.0", which is no JSON and would come back to us as a fault.
 * It recurses: trees come from the scan, which limits their depth, or from our own code.
 */
#include "core/json.h"

#include "core/number.h"

#include <math.h>
#include <string.h>

static void print_node (GString *text, JsonNode *node);

static gboolean
is_plain (char c)
{
  return (guchar) c >= ' ' && c != '"' && c != '\\';
}

/* A stranger's text may be nothing but these: no formatting, which allocates for each. */
static void
print_escaped (GString *text, char c)
{
  static const char letters[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t", digits[] = "0123456789abcdef";
  const char *meaning = strchr (meanings, c);
  const char named[] = { '\\', meaning != NULL ? letters[meaning - meanings] : 'u' };
  const char number[] = { '0', '0', digits[(guchar) c >> 4], digits[c & 0xf] };

  g_string_append_len (text, named, sizeof named);
  if (meaning == NULL)
    g_string_append_len (text, number, sizeof number);
}

/* Nearly all of nearly every text is plain: it is copied in runs. */
static void
print_string (GString *text, const char *string)
{
  g_string_append_c (text, '"');
  for (const char *c = string; *c != '\0';)
    {
      const char *start = c;

      while (is_plain (*c))
        c++;
      g_string_append_len (text, start, c - start);
      if (*c != '\0')
        print_escaped (text, *c++);
    }
  g_string_append_c (text, '"');
}

/* A double stays one when it is read back, and what JSON cannot say is null. */
static void
print_double (GString *text, double value)
{
  gsize start = text->len;

  if (!isfinite (value))
    {
      g_string_append (text, "null");
      return;
    }
  ulak_append_double (text, value);
  if (strpbrk (text->str + start, ".e") == NULL)
    g_string_append (text, ".0");
}

static void
print_object (GString *text, JsonObject *object)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  const char *before = "";

  g_string_append_c (text, '{');
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      g_string_append (text, before);
      print_string (text, name);
      g_string_append_c (text, ':');
      print_node (text, node);
      before = ",";
    }
  g_string_append_c (text, '}');
}

static void
print_array (GString *text, JsonArray *array)
{
  g_string_append_c (text, '[');
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      print_node (text, json_array_get_element (array, i));
    }
  g_string_append_c (text, ']');
}

static void
print_value (GString *text, JsonNode *node)
{
  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      print_string (text, json_node_get_string (node));
      break;
    case G_TYPE_INT64:
      g_string_append_printf (text, "%" G_GINT64_FORMAT, json_node_get_int (node));
      break;
    case G_TYPE_BOOLEAN:
      g_string_append (text, json_node_get_boolean (node) ? "true" : "false");
      break;
    default: /* a GType, not an enum of ours: json-glib has doubles besides */
      print_double (text, json_node_get_double (node));
      break;
    }
}

static void
print_node (GString *text, JsonNode *node)
{
  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      print_object (text, json_node_get_object (node));
      break;
    case JSON_NODE_ARRAY:
      print_array (text, json_node_get_array (node));
      break;
    case JSON_NODE_VALUE:
      print_value (text, node);
      break;
    case JSON_NODE_NULL:
      g_string_append (text, "null");
      break;
    }
}

/** ulak_json_append: like ulak_json_print(), at the end of @text */
void
ulak_json_append (GString *text, JsonNode *node)
{
  print_node (text, node);
}

/** ulak_json_append_string: @string: (nullable): then null is appended */
void
ulak_json_append_string (GString *text, const char *string)
{
  if (string == NULL)
    g_string_append (text, "null");
  else
    print_string (text, string);
}

/** ulak_json_print: Returns: (transfer full): @node on one line, without blanks, in UTF-8 */
char *
ulak_json_print (JsonNode *node)
{
  GString *text = g_string_new (NULL);

  print_node (text, node);
  return g_string_free (text, FALSE);
}

/** ulak_json_print_object: Returns: (transfer full): @object on one line, members in the order they were set */
char *
ulak_json_print_object (JsonObject *object)
{
  GString *text = g_string_new (NULL);

  print_object (text, object);
  return g_string_free (text, FALSE);
}
