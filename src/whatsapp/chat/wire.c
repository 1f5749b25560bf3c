/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Only the doors of the interface.
 */
#include "whatsapp/chat/wire.h"

G_DEFINE_INTERFACE (UlakWire, ulak_wire, G_TYPE_OBJECT)

static void
ulak_wire_default_init (UlakWireInterface *iface G_GNUC_UNUSED)
{
}

gboolean
ulak_wire_is_online (UlakWire *self)
{
  return ULAK_WIRE_GET_IFACE (self)->is_online (self);
}

gboolean
ulak_wire_send (UlakWire *self, const UlakNode *node, GError **error)
{
  return ULAK_WIRE_GET_IFACE (self)->send (self, node, error);
}

guint
ulak_wire_hold (UlakWire *self)
{
  return ULAK_WIRE_GET_IFACE (self)->hold (self);
}

void
ulak_wire_release (UlakWire *self, guint epoch)
{
  ULAK_WIRE_GET_IFACE (self)->release (self, epoch);
}

char *
ulak_wire_make_id (UlakWire *self)
{
  return ULAK_WIRE_GET_IFACE (self)->make_id (self);
}

UlakNodeBuilder *
ulak_wire_begin_query (UlakWire *self, const char *type, const char *xmlns, const UlakJid *to)
{
  return ULAK_WIRE_GET_IFACE (self)->begin_query (self, type, xmlns, to);
}

void
ulak_wire_query_async (UlakWire *self,
                       UlakNodeBuilder *query,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  ULAK_WIRE_GET_IFACE (self)->query_async (self, query, cancellable, callback, user_data);
}

UlakNode *
ulak_wire_query_finish (UlakWire *self, GAsyncResult *result, guint *code_out, GError **error)
{
  return ULAK_WIRE_GET_IFACE (self)->query_finish (self, result, code_out, error);
}

void
ulak_wire_deliver_async (UlakWire *self,
                         const UlakNode *message,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  ULAK_WIRE_GET_IFACE (self)->deliver_async (self, message, cancellable, callback, user_data);
}

UlakNode *
ulak_wire_deliver_finish (UlakWire *self, GAsyncResult *result, GError **error)
{
  return ULAK_WIRE_GET_IFACE (self)->deliver_finish (self, result, error);
}

void
ulak_wire_mark_decrypted (UlakWire *self)
{
  ULAK_WIRE_GET_IFACE (self)->mark_decrypted (self);
}
