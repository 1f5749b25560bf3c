/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "social-asking.h"

#include "core/json.h"

#include <string.h>

static void
print (const UlakNode *node, gboolean is_root, GString *text)
{
  const char *name, *value;

  g_string_append_printf (text, "<%s", ulak_node_get_tag (node));
  for (guint i = 0; i < ulak_node_count_attributes (node); i++)
    {
      value = ulak_node_get_attribute_at (node, i, &name);
      if (!(is_root && g_str_equal (name, "id")) && !g_str_equal (name, "sid"))
        g_string_append_printf (text, " %s='%s'", name, value);
    }
  if (ulak_node_get_content (node) == ULAK_NODE_NOTHING)
    {
      g_string_append (text, "/>");
      return;
    }
  g_string_append_c (text, '>');
  if (ulak_node_get_content (node) == ULAK_NODE_CHILDREN)
    for (const UlakNode *child = ulak_node_get_first (node); child != NULL; child = ulak_node_get_next (child))
      print (child, FALSE, text);
  else
    {
      gsize size_bytes;
      const guint8 *bytes = ulak_node_get_bytes (node, &size_bytes);
      gboolean is_text = g_utf8_validate ((const char *) bytes, (gssize) size_bytes, NULL);

      for (gsize i = 0; i < size_bytes; i++)
        g_string_append_printf (text, is_text ? "%c" : "%02x", bytes[i]);
    }
  g_string_append_printf (text, "</%s>", ulak_node_get_tag (node));
}

char *
asked_last (Side *side)
{
  GString *text = g_string_new (NULL);

  print (g_ptr_array_index (side->sent, side->sent->len - 1), TRUE, text);
  return g_string_free (text, FALSE);
}

static void
keep_result (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

char *
ask_for (Side *side, UlakQuestion *question, const char *answer, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_assert_nonnull (question);
  side->world->script = answer;
  ulak_question_ask_async (question, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return ulak_question_ask_finish (result, error);
}

char *
ask_well (Side *side, UlakQuestion *question, const char *answer)
{
  g_autoptr (GError) error = NULL;
  char *text = ask_for (side, question, answer, &error);

  g_assert_no_error (error);
  return text;
}

JsonObject *
object_of (const char *text)
{
  const UlakJsonLimits limits = ULAK_JSON_LIMITS_REQUEST;
  g_autofree char *json = g_strdelimit (g_strdup (text), "'", '"');
  g_autoptr (GError) error = NULL;
  JsonObject *object = ulak_json_parse_object (json, strlen (json), &limits, &error);

  g_assert_no_error (error);
  return object;
}
