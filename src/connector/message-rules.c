/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/message-rules.h"

#include <stdio.h>
#include <string.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static guint
count_of (JsonObject *object, const char *const *names)
{
  guint n = 0;

  for (guint i = 0; names[i] != NULL; i++)
    n += ulak_shape_has (object, names[i]) ? 1 : 0;
  return n;
}

void
ulak_message_require_one_of (JsonObject *object, const char *path, const char *const *names, UlakIssues *issues)
{
  g_autofree char *list = NULL;
  guint n = count_of (object, names);

  if (n == 1)
    return;
  list = g_strjoinv (", ", (char **) names);
  ulak_issues_add (issues, path, "must have exactly one of %s; %s is there", list, n == 0 ? "none" : "more than one");
}

/* Names of an object's members beyond those of its type's row, e.g. a template parameter of type text with a link. */
static void
refuse_others (JsonObject *object,
               const char *path,
               const char *type,
               const char *const *allowed,
               UlakIssues *issues)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *l = members; l != NULL; l = l->next)
    if (!g_strv_contains (allowed, l->data))
      {
        g_autofree char *where = ulak_shape_join_path (path, l->data);
        ulak_issues_add (issues, where, "not allowed when type is %s", type);
      }
}

void
ulak_message_check_media (JsonObject *object, const char *path, UlakIssues *issues)
{
  ulak_message_require_one_of (object, path, WORDS ("link", "media_id"), issues);
}

void
ulak_message_check_header (JsonObject *object, const char *path, UlakIssues *issues)
{
  ulak_message_require_one_of (object, path, WORDS ("text", "image", "video", "document"), issues);
}

void
ulak_message_check_birthday (JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *birthday = ulak_json_peek_string (object, "birthday");
  guint year = 0, month = 0, day = 0;
  char rest = '\0';

  if (birthday == NULL)
    return;
  if (strlen (birthday) == 10 && sscanf (birthday, "%4u-%2u-%2u%c", &year, &month, &day, &rest) == 3
      && g_date_valid_dmy ((GDateDay) day, (GDateMonth) month, (GDateYear) year))
    return;
  g_autofree char *where = ulak_shape_join_path (path, "birthday");
  ulak_issues_add (issues, where, "must be a date as YYYY-MM-DD");
}

static void
check_unique_ids (JsonArray *array, const char *path, GHashTable *seen, UlakIssues *issues)
{
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      const char *id
          = JSON_NODE_HOLDS_OBJECT (node) ? ulak_json_peek_string (json_node_get_object (node), "id") : NULL;

      if (id != NULL && !g_hash_table_add (seen, (gpointer) id))
        {
          g_autofree char *where = g_strdup_printf ("%s[%u].id", path, i);
          ulak_issues_add (issues, where, "is there twice; ids must differ");
        }
    }
}

static void
check_buttons (JsonObject *object, const char *path, UlakIssues *issues)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *where = ulak_shape_join_path (path, "buttons");

  refuse_others (object, path, "button", WORDS ("type", "body", "header", "footer", "buttons"), issues);
  if (!ulak_shape_has (object, "buttons"))
    ulak_issues_add (issues, where, "is required when type is button");
  check_unique_ids (ulak_json_peek_array (object, "buttons"), where, seen, issues);
}

static void
check_sections (JsonArray *sections, const char *path, UlakIssues *issues)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint n_sections = json_array_get_length (sections);
  guint n_rows = 0;

  for (guint i = 0; i < n_sections; i++)
    {
      JsonNode *node = json_array_get_element (sections, i);
      g_autofree char *rows_path = g_strdup_printf ("%s[%u].rows", path, i);
      g_autofree char *title_path = g_strdup_printf ("%s[%u].title", path, i);
      JsonArray *rows;

      if (!JSON_NODE_HOLDS_OBJECT (node))
        continue;
      rows = ulak_json_peek_array (json_node_get_object (node), "rows");
      n_rows += rows == NULL ? 0 : json_array_get_length (rows);
      check_unique_ids (rows, rows_path, seen, issues);
      if (n_sections > 1 && !ulak_shape_has (json_node_get_object (node), "title"))
        ulak_issues_add (issues, title_path, "is required when there is more than one section");
    }
  if (n_rows > ULAK_MESSAGE_LIST_ROWS_MAX)
    ulak_issues_add (issues, path, "holds %u rows in all; allowed are up to %d", n_rows, ULAK_MESSAGE_LIST_ROWS_MAX);
}

static void
check_list (JsonObject *object, const char *path, UlakIssues *issues)
{
  JsonArray *sections = ulak_json_peek_array (object, "sections");
  JsonObject *header = ulak_json_peek_object (object, "header");

  refuse_others (object, path, "list", WORDS ("type", "body", "header", "footer", "button", "sections"),
                 issues);
  for (guint i = 0; i < 2; i++)
    {
      const char *name = i == 0 ? "button" : "sections";
      g_autofree char *where = ulak_shape_join_path (path, name);
      if (!ulak_shape_has (object, name))
        ulak_issues_add (issues, where, "is required when type is list");
    }
  if (header != NULL && !ulak_shape_has (header, "text"))
    {
      g_autofree char *where = ulak_shape_join_path (path, "header");
      ulak_issues_add (issues, where, "must be a text when type is list");
    }
  if (sections != NULL)
    {
      g_autofree char *where = ulak_shape_join_path (path, "sections");
      check_sections (sections, where, issues);
    }
}

void
ulak_message_check_interactive (JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *type = ulak_json_peek_string (object, "type");

  if (g_strcmp0 (type, "button") == 0)
    check_buttons (object, path, issues);
  if (g_strcmp0 (type, "list") == 0)
    check_list (object, path, issues);
}

void
ulak_message_check_parameter (JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *type = ulak_json_peek_string (object, "type");
  g_autofree char *where = NULL;

  if (type == NULL)
    return;
  refuse_others (object, path, type, WORDS ("type", "parameter_name", type), issues);
  if (ulak_shape_has (object, type))
    return;
  where = ulak_shape_join_path (path, type);
  ulak_issues_add (issues, where, "is required when type is %s", type);
}

void
ulak_message_check_component (JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *type = ulak_json_peek_string (object, "type");
  gboolean is_button = g_strcmp0 (type, "button") == 0;

  if (type == NULL)
    return;
  if (!is_button)
    refuse_others (object, path, type, WORDS ("type", "parameters"), issues);
  for (guint i = 0; is_button && i < 2; i++)
    {
      const char *name = i == 0 ? "sub_type" : "index";
      g_autofree char *where = ulak_shape_join_path (path, name);
      if (!ulak_shape_has (object, name))
        ulak_issues_add (issues, where, "is required when type is button");
    }
}

void
ulak_message_check_poll (JsonObject *object, const char *path, UlakIssues *issues)
{
  JsonArray *options = ulak_json_peek_array (object, "options");
  gint64 count = ulak_json_peek_integer (object, "selectable_count", 1);
  g_autofree char *where = ulak_shape_join_path (path, "selectable_count");
  g_autofree char *options_path = ulak_shape_join_path (path, "options");
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  if (options == NULL)
    return;
  if (count > json_array_get_length (options))
    ulak_issues_add (issues, where, "is more than there are options");
  for (guint i = 0; i < json_array_get_length (options); i++)
    {
      JsonNode *node = json_array_get_element (options, i);

      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
          && !g_hash_table_add (seen, (gpointer) json_node_get_string (node)))
        ulak_issues_add (issues, options_path, "holds an option twice; options must differ");
    }
}
