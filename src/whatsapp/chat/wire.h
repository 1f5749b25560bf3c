/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Wire: what the chats need of the connection, so that two of them can talk in a test without a socket.
 *
 * ulak_link_wire_new() gives one over a link; tests give a server in memory. The functions are those of link.h, with the same
 * errors. Main thread only.
 */
#pragma once

#include "whatsapp/link/link.h"

G_BEGIN_DECLS

#define ULAK_TYPE_WIRE (ulak_wire_get_type ())
G_DECLARE_INTERFACE (UlakWire, ulak_wire, ULAK, WIRE, GObject)

struct _UlakWireInterface
{
  GTypeInterface parent;

  gboolean (*is_online) (UlakWire *self);
  gboolean (*send) (UlakWire *self, const UlakNode *node, GError **error);
  guint (*hold) (UlakWire *self);
  void (*release) (UlakWire *self, guint epoch);
  char *(*make_id) (UlakWire *self);
  UlakNodeBuilder *(*begin_query) (UlakWire *self, const char *type, const char *xmlns, const UlakJid *to);
  void (*query_async) (UlakWire *self,
                       UlakNodeBuilder *query,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
  UlakNode *(*query_finish) (UlakWire *self, GAsyncResult *result, guint *code_out, GError **error);
  void (*deliver_async) (UlakWire *self,
                         const UlakNode *message,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
  UlakNode *(*deliver_finish) (UlakWire *self, GAsyncResult *result, GError **error);
  void (*mark_decrypted) (UlakWire *self);
};

UlakWire *ulak_link_wire_new (UlakLink *link);

gboolean ulak_wire_is_online (UlakWire *self);
/* Without an answer. Lost when the connection is: whoever waits for its effect gets the stanza again. */
gboolean ulak_wire_send (UlakWire *self, const UlakNode *node, GError **error);
guint ulak_wire_hold (UlakWire *self);
void ulak_wire_release (UlakWire *self, guint epoch);
char *ulak_wire_make_id (UlakWire *self);

UlakNodeBuilder *ulak_wire_begin_query (UlakWire *self, const char *type, const char *xmlns, const UlakJid *to);
void ulak_wire_query_async (UlakWire *self,
                            UlakNodeBuilder *query, /* (transfer full) */
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
UlakNode *ulak_wire_query_finish (UlakWire *self, GAsyncResult *result, guint *code_out, GError **error);

/* A <message>: finishes with the server's <ack> (transfer full), whatever it says. */
void ulak_wire_deliver_async (UlakWire *self,
                              const UlakNode *message,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
UlakNode *ulak_wire_deliver_finish (UlakWire *self, GAsyncResult *result, GError **error);
void ulak_wire_mark_decrypted (UlakWire *self);

G_END_DECLS
