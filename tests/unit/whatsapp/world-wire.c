/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The wire that a side's chat speaks by: what is said goes to the server, and comes back later.
 */
#include "chat-world-private.h"

#include "core/error.h"

static void test_wire_iface_init (UlakWireInterface *iface);
G_DEFINE_FINAL_TYPE_WITH_CODE (TestWire,
                               test_wire,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_WIRE, test_wire_iface_init))

static void
test_wire_class_init (TestWireClass *klass G_GNUC_UNUSED)
{
}

static void
test_wire_init (TestWire *self G_GNUC_UNUSED)
{
}

static gboolean
wire_is_online (UlakWire *wire)
{
  return ((TestWire *) wire)->is_online;
}

static gboolean
wire_send (UlakWire *wire, const UlakNode *node, GError **error)
{
  TestWire *self = (TestWire *) wire;

  if (!self->is_online)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "not online");
      return FALSE;
    }
  g_ptr_array_add (self->side->sent, ulak_node_ref (node));
  if (ulak_node_is (node, "receipt"))
    world_serve_receipt (self->side, node);
  if (ulak_node_is (node, "message"))
    ulak_node_unref (world_serve_message (self->side, node));
  return TRUE;
}

static guint
wire_hold (UlakWire *wire)
{
  ((TestWire *) wire)->held++;
  return ((TestWire *) wire)->epoch;
}

static void
wire_release (UlakWire *wire, guint epoch)
{
  TestWire *self = (TestWire *) wire;

  if (epoch != self->epoch)
    return;
  g_assert_cmpuint (self->held, >, 0);
  self->held--;
}

static char *
wire_make_id (UlakWire *wire)
{
  return g_strdup_printf ("7.%u", ++((TestWire *) wire)->next_id);
}

static UlakNodeBuilder *
wire_begin_query (UlakWire *wire, const char *type, const char *xmlns, const UlakJid *to)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");
  g_autofree char *id = wire_make_id (wire);

  ulak_node_builder_add_text (builder, "id", id);
  ulak_node_builder_add_text (builder, "type", type);
  ulak_node_builder_add_text (builder, "xmlns", xmlns);
  if (to != NULL)
    ulak_node_builder_add_jid (builder, "to", to);
  return builder;
}

typedef struct
{
  GTask *task;
  UlakNode *node;
  gboolean is_query;
} Call;

typedef struct
{
  UlakNode *node;
  guint code;
} Answer;

static void
answer_free (gpointer data)
{
  Answer *self = data;

  if (self->node != NULL)
    ulak_node_unref (self->node);
  g_free (self);
}

static gboolean
call_cb (gpointer user_data)
{
  Call *call = user_data;
  TestWire *wire = (TestWire *) g_task_get_source_object (call->task);
  Side *side = wire->side;
  Answer *answer = g_new0 (Answer, 1);

  side->world->running--;
  if (!wire->is_online)
    {
      answer_free (answer);
      g_task_return_new_error (call->task, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "not online");
    }
  else
    {
      g_ptr_array_add (side->sent, ulak_node_ref (call->node));
      answer->node = call->is_query ? world_serve_query (side, call->node, &answer->code) : world_serve_message (side, call->node);
      if (!call->is_query && side->drop_acks > 0)
        {
          side->drop_acks--;
          answer_free (answer);
          side_disconnect (side);
          g_task_return_new_error (call->task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "the connection ended");
        }
      else
        g_task_return_pointer (call->task, answer, answer_free);
    }
  g_object_unref (call->task);
  ulak_node_unref (call->node);
  g_free (call);
  return G_SOURCE_REMOVE;
}

static void
call_later (UlakWire *wire, UlakNode *node, gboolean is_query, GAsyncReadyCallback callback, gpointer user_data)
{
  Call *call = g_new0 (Call, 1);

  call->task = g_task_new (wire, NULL, callback, user_data);
  call->node = node;
  call->is_query = is_query;
  ((TestWire *) wire)->side->world->running++;
  g_idle_add (call_cb, call);
}

static void
wire_query_async (UlakWire *wire,
                  UlakNodeBuilder *query,
                  GCancellable *cancellable G_GNUC_UNUSED,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  call_later (wire, world_end_node (query), TRUE, callback, user_data);
}

static UlakNode *
wire_query_finish (UlakWire *wire G_GNUC_UNUSED, GAsyncResult *result, guint *code_out, GError **error)
{
  Answer *answer = g_task_propagate_pointer (G_TASK (result), error);
  UlakNode *node;

  if (code_out != NULL)
    *code_out = 0;
  if (answer == NULL)
    return NULL;
  node = g_steal_pointer (&answer->node);
  if (node == NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE, "the server says %u", answer->code);
  if (code_out != NULL)
    *code_out = answer->code;
  answer_free (answer);
  return node;
}

static void
wire_deliver_async (UlakWire *wire,
                    const UlakNode *message,
                    GCancellable *cancellable G_GNUC_UNUSED,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  call_later (wire, ulak_node_ref (message), FALSE, callback, user_data);
}

static UlakNode *
wire_deliver_finish (UlakWire *wire, GAsyncResult *result, GError **error)
{
  return wire_query_finish (wire, result, NULL, error);
}

static void
wire_mark_decrypted (UlakWire *wire G_GNUC_UNUSED)
{
}

static void
test_wire_iface_init (UlakWireInterface *iface)
{
  iface->is_online = wire_is_online;
  iface->send = wire_send;
  iface->hold = wire_hold;
  iface->release = wire_release;
  iface->make_id = wire_make_id;
  iface->begin_query = wire_begin_query;
  iface->query_async = wire_query_async;
  iface->query_finish = wire_query_finish;
  iface->deliver_async = wire_deliver_async;
  iface->deliver_finish = wire_deliver_finish;
  iface->mark_decrypted = wire_mark_decrypted;
}
