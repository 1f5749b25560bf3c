/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A builder writes one tree from the top down: attributes and content go to the node that is open.
 *
 * A limit that is reached is remembered, and ulak_node_builder_end() tells it: no call in between can fail. Used by
 * one thread, once. An attribute without a value, or with an empty one, is left out: the server wants none.
 */
#pragma once

#include "whatsapp/codec/node.h"

typedef struct _UlakNodeBuilder UlakNodeBuilder;

UlakNodeBuilder *ulak_node_builder_new (const char *tag);
void ulak_node_builder_free (UlakNodeBuilder *builder);

void ulak_node_builder_add_text (UlakNodeBuilder *builder, const char *name, const char *value);
void ulak_node_builder_add_number (UlakNodeBuilder *builder, const char *name, guint64 value);
void ulak_node_builder_add_jid (UlakNodeBuilder *builder, const char *name, const UlakJid *jid);
void ulak_node_builder_add_copy (UlakNodeBuilder *builder,
                                 const char *name,
                                 const UlakNode *from,
                                 const char *its_name);

void ulak_node_builder_open (UlakNodeBuilder *builder, const char *tag);
void ulak_node_builder_close (UlakNodeBuilder *builder);

void ulak_node_builder_set_children (UlakNodeBuilder *builder);
void ulak_node_builder_set_bytes (UlakNodeBuilder *builder, const guint8 *bytes, gsize size_bytes);
void ulak_node_builder_set_text (UlakNodeBuilder *builder, const char *text);

UlakNode *ulak_node_builder_end (UlakNodeBuilder *builder, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakNodeBuilder, ulak_node_builder_free)
