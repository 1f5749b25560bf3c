/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Stanzas: written as XML, and copied.
 */
#include "chat-world-private.h"

void
world_copy_inside (UlakNodeBuilder *builder, const UlakNode *node)
{
  gsize size_bytes;
  const guint8 *bytes;

  switch (ulak_node_get_content (node))
    {
    case ULAK_NODE_NOTHING:
      return;
    case ULAK_NODE_CHILDREN:
      for (const UlakNode *child = ulak_node_get_first (node); child != NULL; child = ulak_node_get_next (child))
        {
          const char *name, *value;

          ulak_node_builder_open (builder, ulak_node_get_tag (child));
          for (guint i = 0; i < ulak_node_count_attributes (child); i++)
            {
              value = ulak_node_get_attribute_at (child, i, &name);
              ulak_node_builder_add_text (builder, name, value);
            }
          world_copy_inside (builder, child);
          ulak_node_builder_close (builder);
        }
      return;
    case ULAK_NODE_BYTES:
    case ULAK_NODE_TEXT:
      bytes = ulak_node_get_bytes (node, &size_bytes);
      ulak_node_builder_set_bytes (builder, bytes, size_bytes);
      return;
    }
}

void
world_copy_child (UlakNodeBuilder *builder, const UlakNode *child)
{
  const char *name, *value;

  ulak_node_builder_open (builder, ulak_node_get_tag (child));
  for (guint i = 0; i < ulak_node_count_attributes (child); i++)
    {
      value = ulak_node_get_attribute_at (child, i, &name);
      ulak_node_builder_add_text (builder, name, value);
    }
  world_copy_inside (builder, child);
  ulak_node_builder_close (builder);
}

UlakNode *
world_end_node (UlakNodeBuilder *builder)
{
  g_autoptr (GError) error = NULL;
  UlakNode *node = ulak_node_builder_end (builder, &error);

  g_assert_no_error (error);
  ulak_node_builder_free (builder);
  return node;
}

typedef struct
{
  UlakNodeBuilder *builder;
  guint depth;
} Parse;

static void
parse_start (GMarkupParseContext *context G_GNUC_UNUSED,
             const char *tag,
             const char **names,
             const char **values,
             gpointer user_data,
             GError **error G_GNUC_UNUSED)
{
  Parse *self = user_data;

  if (self->depth++ == 0)
    self->builder = ulak_node_builder_new (tag);
  else
    ulak_node_builder_open (self->builder, tag);
  for (gsize i = 0; names[i] != NULL; i++)
    ulak_node_builder_add_text (self->builder, names[i], values[i]);
}

static void
parse_end (GMarkupParseContext *context G_GNUC_UNUSED, const char *tag G_GNUC_UNUSED, gpointer user_data, GError **error G_GNUC_UNUSED)
{
  Parse *self = user_data;

  if (--self->depth > 0)
    ulak_node_builder_close (self->builder);
}

static void
parse_text (GMarkupParseContext *context G_GNUC_UNUSED, const char *text, gsize length, gpointer user_data, GError **error G_GNUC_UNUSED)
{
  Parse *self = user_data;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  if (length > 0 && text[0] == '=')
    {
      g_byte_array_append (bytes, (const guint8 *) text + 1, (guint) length - 1);
      ulak_node_builder_set_bytes (self->builder, bytes->data, bytes->len);
      return;
    }
  for (gsize i = 0; i + 1 < length; i += 2)
    {
      guint8 byte = (guint8) (g_ascii_xdigit_value (text[i]) << 4 | g_ascii_xdigit_value (text[i + 1]));

      g_byte_array_append (bytes, &byte, 1);
    }
  if (length > 0)
    ulak_node_builder_set_bytes (self->builder, bytes->data, bytes->len);
}

UlakNode *
world_parse (const char *xml)
{
  static const GMarkupParser parser = { parse_start, parse_end, parse_text, NULL, NULL };
  Parse parse = { 0 };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, &parse, NULL);
  g_autoptr (GError) error = NULL;

  g_markup_parse_context_parse (context, xml, -1, &error);
  g_assert_no_error (error);
  return world_end_node (parse.builder);
}

UlakNode *
side_redirect (Side *self, const char *recipient)
{
  g_autoptr (UlakNode) stanza = g_ptr_array_steal_index (self->inbox, 0);
  UlakNodeBuilder *builder = ulak_node_builder_new (ulak_node_get_tag (stanza));
  const char *name;

  g_assert_nonnull (ulak_node_get_attribute (stanza, "recipient"));
  for (guint i = 0; i < ulak_node_count_attributes (stanza); i++)
    {
      ulak_node_get_attribute_at (stanza, i, &name);
      if (strstr (name, "recipient") == NULL)
        ulak_node_builder_add_copy (builder, name, stanza, name);
    }
  ulak_node_builder_add_text (builder, "recipient", recipient);
  world_copy_inside (builder, stanza);
  return world_end_node (builder);
}
