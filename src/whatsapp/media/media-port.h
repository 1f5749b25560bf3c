/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media port: what media transfers and app state need of the connection, and nothing else of it, so that tests bring their own.
 *
 * A plain value; owner outlives whoever was given it. Main thread only.
 */
#pragma once

#include "whatsapp/codec/node-builder.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  gpointer owner;
  /* <iq type xmlns> to the server; the caller adds children. */
  UlakNodeBuilder *(*begin_query) (gpointer owner, const char *type, const char *xmlns);
  void (*query_async) (gpointer owner,
                       UlakNodeBuilder *query /* (transfer full) */,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
  /* The whole answer; *code_out as in whatsapp/link/link.h. */
  UlakNode *(*query_finish) (gpointer owner, GAsyncResult *result, guint *code_out, GError **error);
  gboolean (*send) (gpointer owner, const UlakNode *stanza, GError **error);
} UlakMediaPort;

G_END_DECLS
