/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Nodes: what travels in a frame, in the shape of XML. A tag, attributes in order, and either nothing, children or
 * bytes.
 *
 * A tree never changes once it is made (by ulak_node_decode() or a UlakNodeBuilder), so it may be read from any
 * thread. All of it lies in a few blocks that belong to the tree: a reference to any of its nodes keeps the whole
 * tree, and no string that a reader returns has to be freed or outlives it. The limits below hold for every tree,
 * whoever makes it.
 */
#pragma once

#include "whatsapp/codec/jid.h"

#include <glib.h>

#define ULAK_NODE_DEPTH_MAX 64        /* nodes on the way from the root; real ones stay below 10 */
#define ULAK_NODE_ATTRIBUTES_MAX 256  /* of one node; real ones stay below 30 */
#define ULAK_NODE_CHILDREN_MAX 65535  /* of one node: the wire counts them in two bytes */
#define ULAK_NODE_MEMORY_MAX 67108864 /* bytes of a tree without its contents: some 400,000 members of groups */

typedef enum
{
  ULAK_NODE_NOTHING,
  ULAK_NODE_CHILDREN, /* possibly none */
  ULAK_NODE_BYTES,
  ULAK_NODE_TEXT, /* bytes that are a string of the wire: a token, digits, a JID. Readers need not tell it from BYTES */
} UlakNodeContent;

typedef struct _UlakNode UlakNode;

UlakNode *ulak_node_ref (const UlakNode *node);
void ulak_node_unref (UlakNode *node);

const char *ulak_node_get_tag (const UlakNode *node);
gboolean ulak_node_is (const UlakNode *node, const char *tag);
gboolean ulak_node_equal (const UlakNode *a, const UlakNode *b);

guint ulak_node_count_attributes (const UlakNode *node);
const char *ulak_node_get_attribute (const UlakNode *node, const char *name);
const char *ulak_node_get_attribute_at (const UlakNode *node, guint index, const char **name_out);
const char *ulak_node_read_attribute (const UlakNode *node, const char *name, GError **error);
gboolean ulak_node_read_number (const UlakNode *node,
                                const char *name,
                                guint64 max,
                                guint64 *number_out,
                                GError **error);
gboolean ulak_node_read_jid (const UlakNode *node, const char *name, UlakJid *jid_out, GError **error);

UlakNodeContent ulak_node_get_content (const UlakNode *node);
const UlakNode *ulak_node_get_first (const UlakNode *node);
const UlakNode *ulak_node_get_next (const UlakNode *node);
guint ulak_node_count_children (const UlakNode *node);
const UlakNode *ulak_node_get_child (const UlakNode *node, const char *tag);
const UlakNode *ulak_node_read_child (const UlakNode *node, const char *tag, GError **error);

const guint8 *ulak_node_get_bytes (const UlakNode *node, gsize *size_bytes_out);
const guint8 *ulak_node_read_bytes (const UlakNode *node,
                                    gsize min_bytes,
                                    gsize max_bytes,
                                    gsize *size_bytes_out,
                                    GError **error);
char *ulak_node_dup_text (const UlakNode *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakNode, ulak_node_unref)
