/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Two kinds of look-up: readers for our own clients, who are told of every fault, and peeks for peers' documents,
 * which may hold anything. Both only ever see trees that passed the scan.
 */
#include "core/json.h"

#include "core/error.h"
#include "core/json-scan.h"
#include "core/suggest.h"

#include <math.h>

#define SHOWN_NAME_MAX 64 /* characters of a client's own member name in an issue */

/**
 * ulak_json_parse:
 * @bytes: what came in, which need not end in NUL
 *
 * Returns: (transfer full): the tree, or %NULL with %ULAK_ERROR_TOO_LARGE or %ULAK_ERROR_INVALID
 */
JsonNode *
ulak_json_parse (const char *bytes, gsize size_bytes, const UlakJsonLimits *limits, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) cause = NULL;

  if (!ulak_json_scan (bytes, size_bytes, limits, error))
    return NULL;

  parser = json_parser_new ();
  if (!json_parser_load_from_data (parser, bytes, (gssize) size_bytes, &cause))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The document is not JSON, says the parser (%s)",
                   cause->message);
      return NULL;
    }
  return json_parser_steal_root (parser);
}

/** ulak_json_parse_object: as ulak_json_parse(), for a document whose root must be an object */
JsonObject *
ulak_json_parse_object (const char *bytes, gsize size_bytes, const UlakJsonLimits *limits, GError **error)
{
  g_autoptr (JsonNode) root = ulak_json_parse (bytes, size_bytes, limits, error);

  if (root == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The document must be a JSON object");
      return NULL;
    }
  return json_node_dup_object (root);
}

JsonObject *
ulak_json_parse_text (const char *text, GError **error)
{
  return ulak_json_parse_object (text, strlen (text), &ULAK_JSON_LIMITS_REQUEST, error);
}

static char *
join_path (const char *parent_path, const char *name)
{
  g_autofree char *shown = g_utf8_strlen (name, -1) > SHOWN_NAME_MAX ? g_utf8_substring (name, 0, SHOWN_NAME_MAX)
                                                                     : g_strdup (name);

  return g_strconcat (parent_path, *parent_path == '\0' ? "" : ".", shown, NULL);
}

/* A null counts as absent: many clients send their unset fields so. */
static JsonNode *
peek (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? NULL : node;
}

static JsonNode *
find (JsonObject *object, const char *path, const char *name, UlakJsonFlags flags, UlakIssues *issues)
{
  JsonNode *node = peek (object, name);

  if (node == NULL && (flags & ULAK_JSON_REQUIRED) != 0)
    ulak_issues_add (issues, path, "is required");
  return node;
}

static gboolean
is_integer (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64;
}

static gboolean
is_number (JsonNode *node)
{
  return is_integer (node) || (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

static gboolean
is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

static gboolean
is_boolean (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN;
}

/**
 * ulak_json_read_string:
 * @parent_path: the path of @object, "" for the root
 * @min_characters: the least length, in characters
 * @max_characters: the greatest
 *
 * Returns: (transfer none) (nullable): the string, or %NULL if it is absent or an issue was added
 */
const char *
ulak_json_read_string (JsonObject *object,
                       const char *parent_path,
                       const char *name,
                       UlakJsonFlags flags,
                       gsize min_characters,
                       gsize max_characters,
                       UlakIssues *issues)
{
  g_autofree char *path = join_path (parent_path, name);
  JsonNode *node = find (object, path, name, flags, issues);
  gsize characters;

  if (node == NULL)
    return NULL;
  if (!is_string (node))
    {
      ulak_issues_add (issues, path, "must be a string");
      return NULL;
    }

  characters = (gsize) g_utf8_strlen (json_node_get_string (node), -1);
  if (characters >= min_characters && characters <= max_characters)
    return json_node_get_string (node);

  ulak_issues_add (issues, path,
                   "has %" G_GSIZE_FORMAT " characters; allowed %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT, characters,
                   min_characters, max_characters);
  return NULL;
}

/** ulak_json_read_integer: Returns: the number, or @fallback if it is absent or an issue was added */
gint64
ulak_json_read_integer (JsonObject *object,
                        const char *parent_path,
                        const char *name,
                        UlakJsonFlags flags,
                        gint64 min,
                        gint64 max,
                        gint64 fallback,
                        UlakIssues *issues)
{
  g_autofree char *path = join_path (parent_path, name);
  JsonNode *node = find (object, path, name, flags, issues);
  gint64 value;

  if (node == NULL)
    return fallback;
  if (!is_integer (node))
    {
      ulak_issues_add (issues, path, "must be a whole number");
      return fallback;
    }

  value = json_node_get_int (node);
  if (value >= min && value <= max)
    return value;

  ulak_issues_add (issues, path, "is %" G_GINT64_FORMAT "; allowed %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, value,
                   min, max);
  return fallback;
}

/** ulak_json_read_number: Returns: the number, or 0 if it is absent or an issue was added */
double
ulak_json_read_number (JsonObject *object,
                       const char *parent_path,
                       const char *name,
                       UlakJsonFlags flags,
                       double min,
                       double max,
                       UlakIssues *issues)
{
  g_autofree char *path = join_path (parent_path, name);
  JsonNode *node = find (object, path, name, flags, issues);
  double value;

  if (node == NULL)
    return 0;
  if (!is_number (node))
    {
      ulak_issues_add (issues, path, "must be a number");
      return 0;
    }

  value = json_node_get_double (node);
  if (isfinite (value) && value >= min && value <= max)
    return value;

  ulak_issues_add (issues, path, "is %g; allowed %g to %g", value, min, max);
  return 0;
}

/** ulak_json_read_boolean: Returns: the value, or @fallback if it is absent or an issue was added */
gboolean
ulak_json_read_boolean (JsonObject *object,
                        const char *parent_path,
                        const char *name,
                        gboolean fallback,
                        UlakIssues *issues)
{
  g_autofree char *path = join_path (parent_path, name);
  JsonNode *node = peek (object, name);

  if (node == NULL)
    return fallback;
  if (is_boolean (node))
    return json_node_get_boolean (node);

  ulak_issues_add (issues, path, "must be true or false");
  return fallback;
}

/** ulak_json_read_object: Returns: (transfer none) (nullable): %NULL if it is absent or an issue was added */
JsonObject *
ulak_json_read_object (JsonObject *object,
                       const char *parent_path,
                       const char *name,
                       UlakJsonFlags flags,
                       UlakIssues *issues)
{
  g_autofree char *path = join_path (parent_path, name);
  JsonNode *node = find (object, path, name, flags, issues);

  if (node == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_node_get_object (node);

  ulak_issues_add (issues, path, "must be an object");
  return NULL;
}

/** ulak_json_read_array: Returns: (transfer none) (nullable): %NULL if it is absent or an issue was added */
JsonArray *
ulak_json_read_array (JsonObject *object,
                      const char *parent_path,
                      const char *name,
                      UlakJsonFlags flags,
                      guint min_length,
                      guint max_length,
                      UlakIssues *issues)
{
  g_autofree char *path = join_path (parent_path, name);
  JsonNode *node = find (object, path, name, flags, issues);
  guint length;

  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    {
      ulak_issues_add (issues, path, "must be an array");
      return NULL;
    }

  length = json_array_get_length (json_node_get_array (node));
  if (length >= min_length && length <= max_length)
    return json_node_get_array (node);

  ulak_issues_add (issues, path, "has %u elements; allowed %u to %u", length, min_length, max_length);
  return NULL;
}

/**
 * ulak_json_refuse_unknown:
 * @known: (array zero-terminated=1): the names that @object may have
 *
 * Adds an issue for each other member, so that a typo is heard.
 */
void
ulak_json_refuse_unknown (JsonObject *object, const char *parent_path, const char *const *known, UlakIssues *issues)
{
  g_autofree char *all = g_strjoinv (", ", (char **) known);
  JsonObjectIter iter;
  const char *name;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    {
      g_autofree char *path = join_path (parent_path, name);
      const char *near = ulak_suggest (name, known);

      if (g_strv_contains (known, name))
        continue;
      if (near != NULL)
        ulak_issues_add (issues, path, "is not known; did you mean %s?", near);
      else
        ulak_issues_add (issues, path, "is not known; allowed are %s", all);
    }
}

const char *
ulak_json_peek_string (JsonObject *object, const char *name)
{
  JsonNode *node = peek (object, name);

  return node != NULL && is_string (node) ? json_node_get_string (node) : NULL;
}

gint64
ulak_json_peek_integer (JsonObject *object, const char *name, gint64 fallback)
{
  JsonNode *node = peek (object, name);

  return node != NULL && is_integer (node) ? json_node_get_int (node) : fallback;
}

gboolean
ulak_json_peek_boolean (JsonObject *object, const char *name, gboolean fallback)
{
  JsonNode *node = peek (object, name);

  return node != NULL && is_boolean (node) ? json_node_get_boolean (node) : fallback;
}

JsonObject *
ulak_json_peek_object (JsonObject *object, const char *name)
{
  JsonNode *node = peek (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
ulak_json_peek_array (JsonObject *object, const char *name)
{
  JsonNode *node = peek (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/** ulak_json_peek_first: Returns: (nullable) (transfer none): the first element of the array @name, if it is an object */
JsonObject *
ulak_json_peek_first (JsonObject *object, const char *name)
{
  JsonArray *array = ulak_json_peek_array (object, name);
  JsonNode *node = array == NULL || json_array_get_length (array) == 0 ? NULL : json_array_get_element (array, 0);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/** ulak_json_copy_string: sets @to_name of @to to the string @name of @from; nothing happens without one */
void
ulak_json_copy_string (JsonObject *from, const char *name, JsonObject *to, const char *to_name)
{
  const char *text = ulak_json_peek_string (from, name);

  if (text != NULL)
    json_object_set_string_member (to, to_name, text);
}
