/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fetch store: the server's answer to a query of fetch.h, taken apart and stored. Only for fetch.c.
 */
#pragma once

#include "whatsapp/chat/fetch.h"
#include "whatsapp/chat/intake.h"
#include "whatsapp/session/device-cipher.h"

G_BEGIN_DECLS

typedef struct
{
  UlakFetchKind kind;
  UlakNode *answer; /* (owned) */
  UlakChatView view;
  GPtrArray *other_forms; /* (owned) (element-type utf8): out: users without a device, in their other form */
} UlakFetchStore;

UlakFetchStore *ulak_fetch_store_new (UlakChat *chat, UlakFetchKind kind, const UlakNode *answer);
void ulak_fetch_store_free (gpointer self);
gboolean ulak_fetch_store_run (UlakDatabase *database, gpointer data, GError **error);

/* <registration>, <identity>, <key>, <skey>, <device-identity> below node; also of a retry receipt, whose registration stands
 * beside. FALSE: it is no bundle. The spans live as long as the node. */
gboolean ulak_bundle_read (const UlakNode *node, UlakBundle *bundle_out);
gboolean ulak_node_read_big_endian (const UlakNode *parent, const char *tag, guint32 *value_out);

G_END_DECLS
