/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/shape.h"

#include "connector/chat-id.h"
#include "core/clock.h"

#define FIELDS_MAX 32 /* of one shape */
#define CHAT_WANTED "must be a phone number in E.164 (7 to 15 digits, with or without +) or a chat id"

char *
ulak_shape_join_path (const char *parent, const char *name)
{
  return *parent == '\0' ? g_strdup (name) : g_strdup_printf ("%s.%s", parent, name);
}

gboolean
ulak_shape_has (JsonObject *object, const char *name)
{
  return json_object_has_member (object, name) && !json_object_get_null_member (object, name);
}

static gboolean
is_web_url (const char *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return FALSE;
  return g_str_equal (g_uri_get_scheme (uri), "https") || g_str_equal (g_uri_get_scheme (uri), "http");
}

static void
check_string_kind (JsonObject *object, const char *path, const UlakField *field, UlakIssues *issues)
{
  const char *text = ulak_json_read_string (object, path, field->name, field->flags, 1, ULAK_SHAPE_URL_MAX, issues);
  g_autofree char *where = ulak_shape_join_path (path, field->name);
  g_autofree char *chat = NULL;
  gint64 time_us;

  if (text == NULL)
    return;
  if (field->kind == ULAK_FIELD_KIND_URL && !is_web_url (text))
    ulak_issues_add (issues, where, "must be an absolute http or https URL");
  if (field->kind == ULAK_FIELD_KIND_TIME && !ulak_parse_rfc3339 (text, &time_us))
    ulak_issues_add (issues, where, "must be a time as RFC 3339, such as 2026-11-25T08:30:00Z");
  if (field->kind == ULAK_FIELD_KIND_CHAT && (chat = ulak_chat_id_parse (text)) == NULL)
    ulak_issues_add (issues, where, CHAT_WANTED);
}

static void
check_word (JsonObject *object, const char *path, const UlakField *field, UlakIssues *issues)
{
  const char *text = ulak_json_read_string (object, path, field->name, field->flags, 1, 64, issues);
  g_autofree char *list = NULL;
  g_autofree char *where = NULL;

  if (text == NULL || g_strv_contains (field->words, text))
    return;
  where = ulak_shape_join_path (path, field->name);
  list = g_strjoinv (", ", (char **) field->words);
  ulak_issues_add (issues, where, "is not one of: %s", list);
}

static void
check_array (JsonObject *object, const char *path, const UlakField *field, UlakIssues *issues)
{
  JsonArray *array = ulak_json_read_array (object, path, field->name, field->flags, (guint) field->min,
                                           (guint) field->max, issues);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      g_autofree char *name = g_strdup_printf ("%s[%u]", field->name, i);
      g_autofree char *where = ulak_shape_join_path (path, name);

      if (JSON_NODE_HOLDS_OBJECT (node))
        ulak_shape_check (field->shape, json_node_get_object (node), where, issues);
      else
        ulak_issues_add (issues, where, "must be an object");
    }
}

static void
check_one_text (const UlakField *field, const char *where, const char *text, UlakIssues *issues)
{
  g_autofree char *chat = field->kind == ULAK_FIELD_KIND_CHATS && text != NULL ? ulak_chat_id_parse (text) : NULL;

  if (text == NULL)
    ulak_issues_add (issues, where, "must be a string");
  else if (field->kind == ULAK_FIELD_KIND_CHATS && chat == NULL)
    ulak_issues_add (issues, where, CHAT_WANTED);
  else if (field->kind == ULAK_FIELD_KIND_TEXTS && (*text == '\0' || g_utf8_strlen (text, -1) > field->length_max))
    ulak_issues_add (issues, where, "must have 1 to %u characters", field->length_max);
}

static void
check_texts (JsonObject *object, const char *path, const UlakField *field, UlakIssues *issues)
{
  JsonArray *array = ulak_json_read_array (object, path, field->name, field->flags, (guint) field->min,
                                           (guint) field->max, issues);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      g_autofree char *name = g_strdup_printf ("%s[%u]", field->name, i);
      g_autofree char *where = ulak_shape_join_path (path, name);
      gboolean is_text = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;

      check_one_text (field, where, is_text ? json_node_get_string (node) : NULL, issues);
    }
}

static void
check_inner (JsonObject *object, const char *path, const UlakField *field, UlakIssues *issues)
{
  JsonObject *inner = ulak_json_read_object (object, path, field->name, field->flags, issues);
  g_autofree char *where = ulak_shape_join_path (path, field->name);

  if (inner != NULL)
    ulak_shape_check (field->shape, inner, where, issues);
}

static void
check_text (JsonObject *object, const char *path, const UlakField *field, UlakIssues *issues)
{
  JsonNode *node = json_object_get_member (object, field->name);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    check_inner (object, path, field, issues);
  else
    ulak_json_read_string (object, path, field->name, field->flags, (gsize) field->min, (gsize) field->max,
                           issues);
}

static void
check_field (JsonObject *object, const char *path, const UlakField *field, UlakIssues *issues)
{
  switch (field->kind)
    {
    case ULAK_FIELD_KIND_STRING:
      ulak_json_read_string (object, path, field->name, field->flags, (gsize) field->min, (gsize) field->max,
                             issues);
      break;
    case ULAK_FIELD_KIND_URL:
    case ULAK_FIELD_KIND_TIME:
    case ULAK_FIELD_KIND_CHAT:
      check_string_kind (object, path, field, issues);
      break;
    case ULAK_FIELD_KIND_WORD:
      check_word (object, path, field, issues);
      break;
    case ULAK_FIELD_KIND_BOOLEAN:
      ulak_json_read_boolean (object, path, field->name, FALSE, issues);
      break;
    case ULAK_FIELD_KIND_INTEGER:
      ulak_json_read_integer (object, path, field->name, field->flags, field->min, field->max, 0, issues);
      break;
    case ULAK_FIELD_KIND_NUMBER:
      ulak_json_read_number (object, path, field->name, field->flags, (double) field->min, (double) field->max,
                             issues);
      break;
    case ULAK_FIELD_KIND_OBJECT:
      check_inner (object, path, field, issues);
      break;
    case ULAK_FIELD_KIND_ARRAY:
      check_array (object, path, field, issues);
      break;
    case ULAK_FIELD_KIND_TEXTS:
    case ULAK_FIELD_KIND_CHATS:
      check_texts (object, path, field, issues);
      break;
    case ULAK_FIELD_KIND_TEXT:
      check_text (object, path, field, issues);
      break;
    }
}

void
ulak_shape_check (const UlakShape *self, JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *known[FIELDS_MAX + 1] = { NULL };

  for (guint i = 0; i < FIELDS_MAX && self->fields[i].name != NULL; i++)
    {
      known[i] = self->fields[i].name;
      check_field (object, path, &self->fields[i], issues);
    }
  ulak_json_refuse_unknown (object, path, known, issues);
  if (self->check != NULL)
    self->check (object, path, issues);
}
