/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Readers. get asks, and is content with NULL; read demands, and its error names the node, what it lacks and what is
 * allowed. Values never stand in errors: they may be numbers of people or keys.
 */
#include "whatsapp/codec/node.h"

#include "core/error.h"
#include "whatsapp/codec/node-private.h"

#include <string.h>

const char *
ulak_node_get_tag (const UlakNode *node)
{
  return node->tag;
}

gboolean
ulak_node_is (const UlakNode *node, const char *tag)
{
  return strcmp (node->tag, tag) == 0;
}

static gboolean
equal_attributes (const UlakNode *a, const UlakNode *b)
{
  const UlakNodeAttribute *one = a->attributes, *other = b->attributes;

  for (; one != NULL && other != NULL; one = one->next, other = other->next)
    if (strcmp (one->name, other->name) != 0 || strcmp (one->value, other->value) != 0)
      return FALSE;
  return one == other;
}

static gboolean
equal_bytes (const UlakNode *a, const UlakNode *b)
{
  return a->size_bytes == b->size_bytes && (a->size_bytes == 0 || memcmp (a->bytes, b->bytes, a->size_bytes) == 0);
}

static gboolean
has_bytes (const UlakNode *node)
{
  return node->content == ULAK_NODE_BYTES || node->content == ULAK_NODE_TEXT;
}

/**
 * ulak_node_equal:
 * @a: a node
 * @b: another
 *
 * Text and bytes are the same content: the wire may carry the same text as either.
 *
 * Returns: whether both have the same tag, attributes in the same order and content, all the way down
 */
gboolean
ulak_node_equal (const UlakNode *a, const UlakNode *b)
{
  const UlakNode *one = a->first, *other = b->first;

  if (strcmp (a->tag, b->tag) != 0 || !equal_attributes (a, b) || !equal_bytes (a, b))
    return FALSE;
  if (a->content != b->content && !(has_bytes (a) && has_bytes (b)))
    return FALSE;
  for (; one != NULL && other != NULL; one = one->next, other = other->next)
    if (!ulak_node_equal (one, other))
      return FALSE;
  return one == other;
}

guint
ulak_node_count_attributes (const UlakNode *node)
{
  return node->n_attributes;
}

/**
 * ulak_node_get_attribute:
 * @node: a node
 * @name: an attribute
 *
 * Returns: (transfer none) (nullable): its value, the first one if it is there twice
 */
const char *
ulak_node_get_attribute (const UlakNode *node, const char *name)
{
  for (const UlakNodeAttribute *attribute = node->attributes; attribute != NULL; attribute = attribute->next)
    if (strcmp (attribute->name, name) == 0)
      return attribute->value;
  return NULL;
}

/**
 * ulak_node_get_attribute_at:
 * @node: a node
 * @index: below ulak_node_count_attributes()
 * @name_out: (out) (optional): the name
 *
 * Returns: (transfer none) (nullable): the value of the attribute at @index
 */
const char *
ulak_node_get_attribute_at (const UlakNode *node, guint index, const char **name_out)
{
  const UlakNodeAttribute *attribute = node->attributes;

  while (attribute != NULL && index-- > 0)
    attribute = attribute->next;
  g_return_val_if_fail (attribute != NULL, NULL);

  if (name_out != NULL)
    *name_out = attribute->name;
  return attribute->value;
}

/**
 * ulak_node_read_attribute:
 * @node: a node
 * @name: an attribute that it must have
 * @error: INVALID: it has none, or an empty one
 *
 * Returns: (transfer none) (nullable): its value
 */
const char *
ulak_node_read_attribute (const UlakNode *node, const char *name, GError **error)
{
  const char *value = ulak_node_get_attribute (node, name);

  if (value == NULL || *value == '\0')
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "Node ‘%s’ has no attribute ‘%s’", node->tag, name);
      return NULL;
    }
  return value;
}

/**
 * ulak_node_read_number:
 * @node: a node
 * @name: an attribute that it must have
 * @max: the highest value allowed
 * @number_out: (out) (optional): its value
 * @error: INVALID: it has none, or one that is no decimal number up to @max
 *
 * Returns: whether the attribute is such a number
 */
gboolean
ulak_node_read_number (const UlakNode *node, const char *name, guint64 max, guint64 *number_out, GError **error)
{
  const char *value = ulak_node_read_attribute (node, name, error);

  if (value == NULL)
    return FALSE;
  if (g_ascii_isdigit (*value) && g_ascii_string_to_unsigned (value, 10, 0, max, number_out, NULL))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
               "Attribute ‘%s’ of node ‘%s’ is no number of 0 to %" G_GUINT64_FORMAT, name, node->tag, max);
  return FALSE;
}

/**
 * ulak_node_read_jid:
 * @node: a node
 * @name: an attribute that it must have
 * @jid_out: (out caller-allocates) (optional): the address
 * @error: INVALID: it has none, or one that is no JID
 *
 * Returns: whether the attribute is a JID
 */
gboolean
ulak_node_read_jid (const UlakNode *node, const char *name, UlakJid *jid_out, GError **error)
{
  const char *value = ulak_node_read_attribute (node, name, error);

  if (value == NULL)
    return FALSE;
  if (ulak_jid_parse (value, jid_out, error))
    return TRUE;
  g_prefix_error (error, "Attribute ‘%s’ of node ‘%s’: ", name, node->tag);
  return FALSE;
}

UlakNodeContent
ulak_node_get_content (const UlakNode *node)
{
  return (UlakNodeContent) node->content;
}

const UlakNode *
ulak_node_get_first (const UlakNode *node)
{
  return node->first;
}

const UlakNode *
ulak_node_get_next (const UlakNode *node)
{
  return node->next;
}

guint
ulak_node_count_children (const UlakNode *node)
{
  return node->n_children;
}

/**
 * ulak_node_get_child:
 * @node: a node
 * @tag: a tag
 *
 * Returns: (transfer none) (nullable): its first child with that tag
 */
const UlakNode *
ulak_node_get_child (const UlakNode *node, const char *tag)
{
  const UlakNode *child = node->first;

  while (child != NULL && !ulak_node_is (child, tag))
    child = child->next;
  return child;
}

/**
 * ulak_node_read_child:
 * @node: a node
 * @tag: the tag of a child that it must have
 * @error: INVALID: it has none
 *
 * Returns: (transfer none) (nullable): its first child with that tag
 */
const UlakNode *
ulak_node_read_child (const UlakNode *node, const char *tag, GError **error)
{
  const UlakNode *child = ulak_node_get_child (node, tag);

  if (child == NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "Node ‘%s’ has no child ‘%s’", node->tag, tag);
  return child;
}

/**
 * ulak_node_get_bytes:
 * @node: a node
 * @size_bytes_out: (out) (optional): how many
 *
 * Returns: (transfer none) (nullable): its bytes; NULL when it holds none, not even zero of them
 */
const guint8 *
ulak_node_get_bytes (const UlakNode *node, gsize *size_bytes_out)
{
  if (!has_bytes (node))
    return NULL;
  if (size_bytes_out != NULL)
    *size_bytes_out = node->size_bytes;
  return node->bytes;
}

/**
 * ulak_node_read_bytes:
 * @node: a node that must hold bytes
 * @min_bytes: how many at least
 * @max_bytes: how many at most
 * @size_bytes_out: (out) (optional): how many they are
 * @error: INVALID: it holds none, or another number of them
 *
 * Returns: (transfer none) (nullable): its bytes
 */
const guint8 *
ulak_node_read_bytes (const UlakNode *node, gsize min_bytes, gsize max_bytes, gsize *size_bytes_out, GError **error)
{
  if (!has_bytes (node))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "Node ‘%s’ holds no bytes", node->tag);
      return NULL;
    }
  if (node->size_bytes < min_bytes || node->size_bytes > max_bytes)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "Node ‘%s’ holds %" G_GSIZE_FORMAT " bytes; allowed %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT,
                   node->tag, node->size_bytes, min_bytes, max_bytes);
      return NULL;
    }
  return ulak_node_get_bytes (node, size_bytes_out);
}

/**
 * ulak_node_dup_text:
 * @node: a node
 *
 * Returns: (transfer full) (nullable): its bytes as a string, with U+FFFD for what is not UTF-8; NULL when it holds
 * none
 */
char *
ulak_node_dup_text (const UlakNode *node)
{
  if (!has_bytes (node))
    return NULL;
  return g_utf8_make_valid (node->size_bytes == 0 ? "" : (const char *) node->bytes, (gssize) node->size_bytes);
}
