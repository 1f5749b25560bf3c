/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Link wire: the wire over a real link.
 */
#include "whatsapp/chat/wire.h"

#define ULAK_TYPE_LINK_WIRE (ulak_link_wire_get_type ())
G_DECLARE_FINAL_TYPE (UlakLinkWire, ulak_link_wire, ULAK, LINK_WIRE, GObject)

struct _UlakLinkWire
{
  GObject parent_instance;

  UlakLink *link; /* (owned) */
};

static void ulak_link_wire_iface_init (UlakWireInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakLinkWire,
                               ulak_link_wire,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_WIRE, ulak_link_wire_iface_init))

static UlakLink *
link_of (UlakWire *wire)
{
  return ULAK_LINK_WIRE (wire)->link;
}

static gboolean
is_online (UlakWire *wire)
{
  UlakLinkPhase phase = ulak_link_get_phase (link_of (wire));

  return phase == ULAK_LINK_ONLINE || phase == ULAK_LINK_READY;
}

static gboolean
send_node (UlakWire *wire, const UlakNode *node, GError **error)
{
  return ulak_link_send (link_of (wire), node, error);
}

static guint
hold (UlakWire *wire)
{
  return ulak_link_hold (link_of (wire));
}

static void
release (UlakWire *wire, guint epoch)
{
  ulak_link_release (link_of (wire), epoch);
}

static char *
make_id (UlakWire *wire)
{
  return ulak_link_make_id (link_of (wire));
}

static UlakNodeBuilder *
begin_query (UlakWire *wire, const char *type, const char *xmlns, const UlakJid *to)
{
  return ulak_link_begin_query (link_of (wire), type, xmlns, to);
}

/* Whoever asks the wire is answered by the wire. */
typedef struct
{
  UlakWire *wire; /* (owned) */
  GAsyncReadyCallback callback;
  gpointer user_data;
} Asked;

static Asked *
asked_new (UlakWire *wire, GAsyncReadyCallback callback, gpointer user_data)
{
  Asked *self = g_new0 (Asked, 1);

  *self = (Asked){ g_object_ref (wire), callback, user_data };
  return self;
}

static void
answered_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autofree Asked *asked = user_data;
  g_autoptr (UlakWire) wire = asked->wire;

  if (asked->callback != NULL)
    asked->callback (G_OBJECT (wire), result, asked->user_data);
}

static void
query_async (UlakWire *wire,
             UlakNodeBuilder *query,
             GCancellable *cancellable,
             GAsyncReadyCallback callback,
             gpointer user_data)
{
  ulak_link_ask_async (link_of (wire), query, cancellable, answered_cb, asked_new (wire, callback, user_data));
}

static UlakNode *
query_finish (UlakWire *wire, GAsyncResult *result, guint *code_out, GError **error)
{
  return ulak_link_query_finish (link_of (wire), result, code_out, error);
}

static void
deliver_async (UlakWire *wire,
               const UlakNode *message,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  ulak_link_send_message_async (link_of (wire), message, cancellable, answered_cb,
                                asked_new (wire, callback, user_data));
}

static UlakNode *
deliver_finish (UlakWire *wire, GAsyncResult *result, GError **error)
{
  return ulak_link_send_message_finish (link_of (wire), result, error);
}

static void
mark_decrypted (UlakWire *wire)
{
  ulak_link_mark_decrypted (link_of (wire));
}

static void
ulak_link_wire_iface_init (UlakWireInterface *iface)
{
  iface->is_online = is_online;
  iface->send = send_node;
  iface->hold = hold;
  iface->release = release;
  iface->make_id = make_id;
  iface->begin_query = begin_query;
  iface->query_async = query_async;
  iface->query_finish = query_finish;
  iface->deliver_async = deliver_async;
  iface->deliver_finish = deliver_finish;
  iface->mark_decrypted = mark_decrypted;
}

static void
ulak_link_wire_dispose (GObject *object)
{
  g_clear_object (&ULAK_LINK_WIRE (object)->link);
  G_OBJECT_CLASS (ulak_link_wire_parent_class)->dispose (object);
}

static void
ulak_link_wire_class_init (UlakLinkWireClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_link_wire_dispose;
}

static void
ulak_link_wire_init (UlakLinkWire *self G_GNUC_UNUSED)
{
}

/** ulak_link_wire_new: Returns: (transfer full): keeps a reference to @link */
UlakWire *
ulak_link_wire_new (UlakLink *link)
{
  UlakLinkWire *self = g_object_new (ULAK_TYPE_LINK_WIRE, NULL);

  self->link = g_object_ref (link);
  return ULAK_WIRE (self);
}
