/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The memory of a tree: blocks that grow with what was used so far, one for a usual stanza, freed together.
 *
 * Every byte that a peer makes us allocate for a tree is charged here; the bytes of contents stay in the frame they
 * came in.
 */
#include "whatsapp/codec/node-private.h"

#include "core/error.h"

#include <string.h>

#define BLOCK_MIN 1024
#define BLOCK_MAX 65536
#define ALIGNMENT sizeof (gpointer)

typedef struct _Block Block;
struct _Block
{
  Block *previous; /* (owned) (nullable) */
  guint8 bytes[];
};

struct _UlakNodeTree
{
  gatomicrefcount references;
  GBytes *wire;  /* (owned) (nullable): what the contents of the nodes point into */
  Block *block;  /* (owned) (nullable): the newest */
  gsize left;    /* bytes not yet used in it */
  gsize at;      /* where they begin */
  gsize charged; /* bytes of all blocks */
};

/**
 * ulak_node_tree_new:
 * @wire: (nullable): bytes that contents will point into; the tree keeps them
 *
 * Returns: (transfer full): memory for a tree, with one reference
 */
UlakNodeTree *
ulak_node_tree_new (GBytes *wire)
{
  UlakNodeTree *tree = g_new0 (UlakNodeTree, 1);

  g_atomic_ref_count_init (&tree->references);
  tree->wire = wire == NULL ? NULL : g_bytes_ref (wire);
  return tree;
}

/* The reference to a node is one to its tree. */
UlakNode *
ulak_node_ref (const UlakNode *node)
{
  g_atomic_ref_count_inc (&node->tree->references);
  return (UlakNode *) node;
}

void
ulak_node_unref (UlakNode *node)
{
  if (node != NULL)
    ulak_node_tree_unref (node->tree);
}

void
ulak_node_tree_unref (UlakNodeTree *tree)
{
  if (tree == NULL || !g_atomic_ref_count_dec (&tree->references))
    return;
  for (Block *block = tree->block, *previous; block != NULL; block = previous)
    {
      previous = block->previous;
      g_free (block);
    }
  g_clear_pointer (&tree->wire, g_bytes_unref);
  g_free (tree);
}

static gboolean
add_block (UlakNodeTree *tree, gsize at_least, GError **error)
{
  gsize size_bytes = MAX (at_least, CLAMP (tree->charged, BLOCK_MIN, BLOCK_MAX));
  Block *block;

  if (size_bytes > ULAK_NODE_MEMORY_MAX - tree->charged)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The node takes more than %d bytes of memory",
                   ULAK_NODE_MEMORY_MAX);
      return FALSE;
    }
  block = g_malloc (sizeof *block + size_bytes);
  block->previous = tree->block;
  tree->block = block;
  tree->charged += size_bytes;
  tree->left = size_bytes;
  tree->at = 0;
  return TRUE;
}

/**
 * ulak_node_tree_alloc:
 * @tree: a tree
 * @size_bytes: how much is needed
 * @error: TOO_LARGE: the tree would pass ULAK_NODE_MEMORY_MAX
 *
 * Returns: (transfer none) (nullable): zeros that live as long as @tree
 */
gpointer
ulak_node_tree_alloc (UlakNodeTree *tree, gsize size_bytes, GError **error)
{
  gsize rounded = (MIN (size_bytes, ULAK_NODE_MEMORY_MAX + 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  guint8 *bytes;

  if (rounded > tree->left && !add_block (tree, rounded, error))
    return NULL;
  bytes = tree->block->bytes + tree->at;
  tree->at += rounded;
  tree->left -= rounded;
  return memset (bytes, 0, rounded);
}

/**
 * ulak_node_tree_copy:
 * @tree: a tree
 * @text: any bytes
 * @length: how many
 * @error: TOO_LARGE: the tree would pass ULAK_NODE_MEMORY_MAX
 *
 * Bytes that are not UTF-8, and NULs, become U+FFFD: a name that somebody chose must not cost us the message it came
 * with.
 *
 * Returns: (transfer none) (nullable): @text as a string that lives as long as @tree
 */
const char *
ulak_node_tree_copy (UlakNodeTree *tree, const char *text, gsize length, GError **error)
{
  g_autofree char *valid = NULL;
  char *copy;

  if (!g_utf8_validate_len (text, length, NULL))
    {
      valid = g_utf8_make_valid (text, (gssize) length);
      text = valid;
      length = strlen (valid);
    }
  copy = ulak_node_tree_alloc (tree, length + 1, error);
  return copy == NULL ? NULL : memcpy (copy, text, length);
}

/**
 * ulak_node_pen_open:
 * @pen: (out caller-allocates): writes the new node from now on
 * @tree: the tree it goes into
 * @parent: (nullable): writes the node that it becomes the last child of
 * @tag: a string that lives as long as @tree
 * @error: TOO_LARGE: a limit of node.h is reached
 *
 * Returns: whether the node was made
 */
gboolean
ulak_node_pen_open (UlakNodePen *pen, UlakNodeTree *tree, UlakNodePen *parent, const char *tag, GError **error)
{
  UlakNode *node;

  if (parent != NULL && parent->node->n_children == ULAK_NODE_CHILDREN_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "Node ‘%s’ has more than %d children", parent->node->tag,
                   ULAK_NODE_CHILDREN_MAX);
      return FALSE;
    }
  node = ulak_node_tree_alloc (tree, sizeof *node, error);
  if (node == NULL)
    return FALSE;

  node->tree = tree;
  node->tag = tag;
  *pen = (UlakNodePen){ .node = node };
  if (parent == NULL)
    return TRUE;
  if (parent->last_child == NULL)
    parent->node->first = node;
  else
    parent->last_child->next = node;
  parent->last_child = node;
  parent->node->n_children++;
  parent->node->content = ULAK_NODE_CHILDREN;
  return TRUE;
}

/**
 * ulak_node_pen_add:
 * @pen: writes the node
 * @name: a string that lives as long as the tree
 * @value: another
 * @is_jid: whether it is the print of a JID
 * @error: TOO_LARGE: a limit of node.h is reached
 *
 * Returns: whether the attribute was added
 */
gboolean
ulak_node_pen_add (UlakNodePen *pen, const char *name, const char *value, gboolean is_jid, GError **error)
{
  UlakNodeAttribute *attribute;

  if (pen->node->n_attributes == ULAK_NODE_ATTRIBUTES_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "Node ‘%s’ has more than %d attributes", pen->node->tag,
                   ULAK_NODE_ATTRIBUTES_MAX);
      return FALSE;
    }
  attribute = ulak_node_tree_alloc (pen->node->tree, sizeof *attribute, error);
  if (attribute == NULL)
    return FALSE;

  *attribute = (UlakNodeAttribute){ .name = name, .value = value, .is_jid = is_jid };
  if (pen->last_attribute == NULL)
    pen->node->attributes = attribute;
  else
    pen->last_attribute->next = attribute;
  pen->last_attribute = attribute;
  pen->node->n_attributes++;
  return TRUE;
}
