/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * How nodes lie in memory, for the files that make and write them: node.c, node-builder.c, node-decode.c,
 * node-encode.c.
 *
 * Who makes a tree appends to it through a UlakNodePen, one for each open node, and drops the whole tree when a
 * limit is reached.
 */
#pragma once

#include "whatsapp/codec/node.h"

typedef struct _UlakNodeTree UlakNodeTree;
typedef struct _UlakNodeAttribute UlakNodeAttribute;

struct _UlakNodeAttribute
{
  const char *name;
  const char *value;       /* UTF-8 */
  UlakNodeAttribute *next; /* (nullable) */
  gboolean is_jid;         /* @value is what ulak_jid_print() gave, and is written as a JID */
};

struct _UlakNode
{
  UlakNodeTree *tree; /* unowned: it owns us */
  const char *tag;
  UlakNodeAttribute *attributes; /* (nullable): the first */
  UlakNode *first;               /* (nullable): child */
  UlakNode *next;                /* (nullable): sibling */
  const guint8 *bytes;           /* (nullable) */
  gsize size_bytes;
  guint n_children;
  guint16 n_attributes;
  guint8 content; /* UlakNodeContent */
};

typedef struct
{
  UlakNode *node;
  UlakNodeAttribute *last_attribute; /* (nullable) */
  UlakNode *last_child;              /* (nullable) */
} UlakNodePen;

UlakNodeTree *ulak_node_tree_new (GBytes *wire);
void ulak_node_tree_unref (UlakNodeTree *tree);
gpointer ulak_node_tree_alloc (UlakNodeTree *tree, gsize size_bytes, GError **error);
const char *ulak_node_tree_copy (UlakNodeTree *tree, const char *text, gsize length, GError **error);

gboolean ulak_node_pen_open (UlakNodePen *pen,
                             UlakNodeTree *tree,
                             UlakNodePen *parent,
                             const char *tag,
                             GError **error);
gboolean ulak_node_pen_add (UlakNodePen *pen, const char *name, const char *value, gboolean is_jid, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakNodeTree, ulak_node_tree_unref)
