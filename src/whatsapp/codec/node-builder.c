/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One pen for each node that is open. Once something went wrong the calls do nothing more.
 */
#include "whatsapp/codec/node-builder.h"

#include "core/error.h"
#include "whatsapp/codec/node-private.h"

#include <string.h>

struct _UlakNodeBuilder
{
  UlakNodeTree *tree; /* (owned) (nullable): until it is given away */
  GError *error;      /* (owned) (nullable): the first */
  guint depth;        /* nodes that are open */
  UlakNodePen pens[ULAK_NODE_DEPTH_MAX];
};

static const char *
copy (UlakNodeBuilder *builder, const char *text)
{
  return ulak_node_tree_copy (builder->tree, text, strlen (text), &builder->error);
}

static UlakNodePen *
top (UlakNodeBuilder *builder)
{
  return &builder->pens[builder->depth - 1];
}

static void
open_node (UlakNodeBuilder *builder, const char *tag)
{
  UlakNodePen *parent = builder->depth == 0 ? NULL : top (builder);
  const char *own;

  if (builder->depth == ULAK_NODE_DEPTH_MAX)
    {
      g_set_error (&builder->error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The node is nested more than %d deep",
                   ULAK_NODE_DEPTH_MAX);
      return;
    }
  own = copy (builder, tag);
  if (own != NULL && ulak_node_pen_open (&builder->pens[builder->depth], builder->tree, parent, own, &builder->error))
    builder->depth++;
}

/**
 * ulak_node_builder_new:
 * @tag: the tag of the root, not empty
 *
 * Returns: (transfer full): a builder with the root open
 */
UlakNodeBuilder *
ulak_node_builder_new (const char *tag)
{
  UlakNodeBuilder *builder = g_new0 (UlakNodeBuilder, 1);

  builder->tree = ulak_node_tree_new (NULL);
  open_node (builder, tag);
  return builder;
}

void
ulak_node_builder_free (UlakNodeBuilder *builder)
{
  if (builder == NULL)
    return;
  ulak_node_tree_unref (builder->tree);
  g_clear_error (&builder->error);
  g_free (builder);
}

static void
add (UlakNodeBuilder *builder, const char *name, const char *value, gboolean is_jid)
{
  const char *own_name, *own_value;

  if (builder->error != NULL || value == NULL || *value == '\0')
    return;
  own_name = copy (builder, name);
  own_value = own_name == NULL ? NULL : copy (builder, value);
  if (own_value != NULL)
    ulak_node_pen_add (top (builder), own_name, own_value, is_jid, &builder->error);
}

/**
 * ulak_node_builder_add_text:
 * @builder: a builder
 * @name: an attribute of the open node
 * @value: (nullable): its value, not a JID
 */
void
ulak_node_builder_add_text (UlakNodeBuilder *builder, const char *name, const char *value)
{
  add (builder, name, value, FALSE);
}

void
ulak_node_builder_add_number (UlakNodeBuilder *builder, const char *name, guint64 value)
{
  char text[24];

  g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, value);
  add (builder, name, text, FALSE);
}

void
ulak_node_builder_add_jid (UlakNodeBuilder *builder, const char *name, const UlakJid *jid)
{
  g_autofree char *text = ulak_jid_print (jid);

  add (builder, name, text, TRUE);
}

/**
 * ulak_node_builder_add_copy:
 * @builder: a builder
 * @name: an attribute of the open node
 * @from: a node
 * @its_name: the attribute of @from to copy; none is added if it has none
 *
 * Copies value and kind, as answers need it that name what they answer.
 */
void
ulak_node_builder_add_copy (UlakNodeBuilder *builder, const char *name, const UlakNode *from, const char *its_name)
{
  for (const UlakNodeAttribute *attribute = from->attributes; attribute != NULL; attribute = attribute->next)
    if (strcmp (attribute->name, its_name) == 0)
      {
        add (builder, name, attribute->value, attribute->is_jid);
        return;
      }
}

/**
 * ulak_node_builder_open:
 * @builder: a builder; the open node holds no bytes
 * @tag: the tag of a new child of the open node, which is the open one from now on; not empty
 */
void
ulak_node_builder_open (UlakNodeBuilder *builder, const char *tag)
{
  if (builder->error != NULL)
    return;
  g_return_if_fail (top (builder)->node->content <= ULAK_NODE_CHILDREN);

  open_node (builder, tag);
}

/**
 * ulak_node_builder_close:
 * @builder: a builder with a child open
 *
 * Its parent is the open node again.
 */
void
ulak_node_builder_close (UlakNodeBuilder *builder)
{
  if (builder->error != NULL)
    return;
  g_return_if_fail (builder->depth > 1);

  builder->depth--;
}

/**
 * ulak_node_builder_set_children:
 * @builder: a builder
 *
 * The open node has a list of children, be it an empty one.
 */
void
ulak_node_builder_set_children (UlakNodeBuilder *builder)
{
  if (builder->error != NULL)
    return;
  g_return_if_fail (top (builder)->node->content <= ULAK_NODE_CHILDREN);

  top (builder)->node->content = ULAK_NODE_CHILDREN;
}

static void
set_content (UlakNodeBuilder *builder, UlakNodeContent content, const guint8 *bytes, gsize size_bytes)
{
  UlakNode *node;
  guint8 *own;

  if (builder->error != NULL)
    return;
  node = top (builder)->node;
  g_return_if_fail (node->content == ULAK_NODE_NOTHING);

  own = ulak_node_tree_alloc (builder->tree, size_bytes + 1, &builder->error);
  if (own == NULL)
    return;
  if (size_bytes > 0)
    memcpy (own, bytes, size_bytes);
  node->content = content;
  node->bytes = own;
  node->size_bytes = size_bytes;
}

/**
 * ulak_node_builder_set_bytes:
 * @builder: a builder; the open node has no content yet
 * @bytes: (nullable): its content, copied
 * @size_bytes: how many
 *
 * Bytes are written as they are, also when they look like text.
 */
void
ulak_node_builder_set_bytes (UlakNodeBuilder *builder, const guint8 *bytes, gsize size_bytes)
{
  set_content (builder, ULAK_NODE_BYTES, bytes, size_bytes);
}

/**
 * ulak_node_builder_set_text:
 * @builder: a builder; the open node has no content yet
 * @text: its content, copied; written as a token or packed where that is shorter
 */
void
ulak_node_builder_set_text (UlakNodeBuilder *builder, const char *text)
{
  set_content (builder, ULAK_NODE_TEXT, (const guint8 *) text, strlen (text));
}

/**
 * ulak_node_builder_end:
 * @builder: a builder; what is open is closed, and nothing more may be called than ulak_node_builder_free()
 * @error: TOO_LARGE: a limit of node.h was reached
 *
 * Returns: (transfer full) (nullable): the root
 */
UlakNode *
ulak_node_builder_end (UlakNodeBuilder *builder, GError **error)
{
  g_return_val_if_fail (builder->tree != NULL, NULL);

  if (builder->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&builder->error));
      return NULL;
    }
  builder->tree = NULL; /* the reference goes along with the root */
  return builder->pens[0].node;
}
