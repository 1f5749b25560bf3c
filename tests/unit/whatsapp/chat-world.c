/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "chat-world.h"

#include "core/error.h"
#include "core/json.h"
#include "store/database-private.h"
#include "unit/fakes/random.h"
#include "whatsapp/chat/app-state.h"
#include "whatsapp/crypto/adv.h"
#include "whatsapp/schema.h"
#include "whatsapp/session/network-id.h"
#include "whatsapp/codec/padding.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/pre-keys.h"
#include "whatsapp/session/sent.h"

#include <glib/gstdio.h>
#include <string.h>

guint world_history_notes, world_key_shares;

/* --- waiting --- */

typedef struct
{
  GAsyncResult *result;
} Wait;

static void
wait_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  ((Wait *) user_data)->result = g_object_ref (result);
}

static GAsyncResult *
wait_result (Wait *wait)
{
  while (wait->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return wait->result;
}

static void
wait_clear (Wait *wait)
{
  g_clear_object (&wait->result);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wait, wait_clear)

static gboolean
is_busy (const World *self)
{
  if (self->running > 0)
    return TRUE;
  for (guint i = 0; i < self->sides->len; i++)
    {
      const Side *side = g_ptr_array_index (self->sides, i);
      UlakStoreStatus status;

      ulak_store_get_status (ulak_line_store_get_store (side->store), &status);
      if (status.unfinished > 0)
        return TRUE;
    }
  return FALSE;
}

void
world_settle (World *self)
{
  while (is_busy (self) || g_main_context_pending (NULL))
    g_main_context_iteration (NULL, TRUE);
}

void
world_advance_ms (World *self, gint64 ms)
{
  ulak_fake_clock_advance_ms (self->clock, ms);
  world_settle (self);
}

/* --- nodes --- */

static void
copy_inside (UlakNodeBuilder *builder, const UlakNode *node)
{
  gsize size_bytes;
  const guint8 *bytes;

  switch (ulak_node_get_content (node))
    {
    case ULAK_NODE_NOTHING:
      return;
    case ULAK_NODE_CHILDREN:
      for (const UlakNode *child = ulak_node_get_first (node); child != NULL; child = ulak_node_get_next (child))
        {
          const char *name, *value;

          ulak_node_builder_open (builder, ulak_node_get_tag (child));
          for (guint i = 0; i < ulak_node_count_attributes (child); i++)
            {
              value = ulak_node_get_attribute_at (child, i, &name);
              ulak_node_builder_add_text (builder, name, value);
            }
          copy_inside (builder, child);
          ulak_node_builder_close (builder);
        }
      return;
    case ULAK_NODE_BYTES:
    case ULAK_NODE_TEXT:
      bytes = ulak_node_get_bytes (node, &size_bytes);
      ulak_node_builder_set_bytes (builder, bytes, size_bytes);
      return;
    }
}

static void
copy_child (UlakNodeBuilder *builder, const UlakNode *child)
{
  const char *name, *value;

  ulak_node_builder_open (builder, ulak_node_get_tag (child));
  for (guint i = 0; i < ulak_node_count_attributes (child); i++)
    {
      value = ulak_node_get_attribute_at (child, i, &name);
      ulak_node_builder_add_text (builder, name, value);
    }
  copy_inside (builder, child);
  ulak_node_builder_close (builder);
}

static UlakNode *
end (UlakNodeBuilder *builder)
{
  g_autoptr (GError) error = NULL;
  UlakNode *node = ulak_node_builder_end (builder, &error);

  g_assert_no_error (error);
  ulak_node_builder_free (builder);
  return node;
}

typedef struct
{
  UlakNodeBuilder *builder;
  guint depth;
} Parse;

static void
parse_start (GMarkupParseContext *context G_GNUC_UNUSED,
             const char *tag,
             const char **names,
             const char **values,
             gpointer user_data,
             GError **error G_GNUC_UNUSED)
{
  Parse *self = user_data;

  if (self->depth++ == 0)
    self->builder = ulak_node_builder_new (tag);
  else
    ulak_node_builder_open (self->builder, tag);
  for (gsize i = 0; names[i] != NULL; i++)
    ulak_node_builder_add_text (self->builder, names[i], values[i]);
}

static void
parse_end (GMarkupParseContext *context G_GNUC_UNUSED, const char *tag G_GNUC_UNUSED, gpointer user_data, GError **error G_GNUC_UNUSED)
{
  Parse *self = user_data;

  if (--self->depth > 0)
    ulak_node_builder_close (self->builder);
}

static void
parse_text (GMarkupParseContext *context G_GNUC_UNUSED, const char *text, gsize length, gpointer user_data, GError **error G_GNUC_UNUSED)
{
  Parse *self = user_data;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  if (length > 0 && text[0] == '=')
    {
      g_byte_array_append (bytes, (const guint8 *) text + 1, (guint) length - 1);
      ulak_node_builder_set_bytes (self->builder, bytes->data, bytes->len);
      return;
    }
  for (gsize i = 0; i + 1 < length; i += 2)
    {
      guint8 byte = (guint8) (g_ascii_xdigit_value (text[i]) << 4 | g_ascii_xdigit_value (text[i + 1]));

      g_byte_array_append (bytes, &byte, 1);
    }
  if (length > 0)
    ulak_node_builder_set_bytes (self->builder, bytes->data, bytes->len);
}

UlakNode *
world_parse (const char *xml)
{
  static const GMarkupParser parser = { parse_start, parse_end, parse_text, NULL, NULL };
  Parse parse = { 0 };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, &parse, NULL);
  g_autoptr (GError) error = NULL;

  g_markup_parse_context_parse (context, xml, -1, &error);
  g_assert_no_error (error);
  return end (parse.builder);
}

/* --- the line --- */

struct _UlakLine
{
  UlakDaemon parent_instance;

  Side *side;
};

G_DEFINE_FINAL_TYPE (UlakLine, ulak_line, ULAK_TYPE_DAEMON)

static void
ulak_line_class_init (UlakLineClass *klass G_GNUC_UNUSED)
{
}

static void
ulak_line_init (UlakLine *self G_GNUC_UNUSED)
{
}

UlakStore *
ulak_line_get_store (UlakLine *self)
{
  return ulak_line_store_get_store (self->side->store);
}

static gboolean
break_run (UlakDatabase *database G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED, GError **error)
{
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "the disk is gone");
  return FALSE;
}

static void
committed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_line_store_commit_inbound_finish (ULAK_LINE_STORE (source), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
ulak_line_commit_inbound_async (UlakLine *self, UlakInbound *inbound, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  if (self->side->fail_commits > 0)
    {
      self->side->fail_commits--;
      ulak_inbound_free (inbound);
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FULL, "the disk is full");
      g_object_unref (task);
      return;
    }
  if (self->side->break_commits > 0)
    {
      self->side->break_commits--;
      ulak_inbound_set_extra (inbound, break_run, NULL, NULL);
    }
  ulak_line_store_commit_inbound_async (self->side->store, inbound, committed_cb, task);
}

gboolean
ulak_line_commit_inbound_finish (UlakLine *self, GAsyncResult *result, GError **error)
{
  g_assert_true (g_task_is_valid (result, self));
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ulak_line_retry_held (UlakLine *self G_GNUC_UNUSED, const char *reason)
{
  g_assert_cmpstr (reason, ==, "stranger");
}

void
ulak_line_find_media_async (UlakLine *self, const char *media_id, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no medium ‘%s’", media_id);
}

UlakMediaFile *
ulak_line_find_media_finish (UlakLine *self G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ulak_line_keep_media_handle (UlakLine *self G_GNUC_UNUSED,
                             const char *media_id G_GNUC_UNUSED,
                             const char *network_handle G_GNUC_UNUSED,
                             gint64 valid_until_us G_GNUC_UNUSED)
{
}

void
ulak_media_file_free (UlakMediaFile *self)
{
  g_free (self);
}

/* --- the wire --- */

struct _TestWire
{
  GObject parent_instance;

  Side *side;
  gboolean is_online;
  guint epoch, held, next_id;
};

#define TEST_TYPE_WIRE (test_wire_get_type ())
G_DECLARE_FINAL_TYPE (TestWire, test_wire, TEST, WIRE, GObject)
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

static UlakNode *serve_query (Side *side, const UlakNode *iq, guint *code_out);
static UlakNode *serve_message (Side *side, const UlakNode *message);
static void serve_receipt (Side *side, const UlakNode *receipt);

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
    serve_receipt (self->side, node);
  if (ulak_node_is (node, "message"))
    ulak_node_unref (serve_message (self->side, node));
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
      answer->node = call->is_query ? serve_query (side, call->node, &answer->code) : serve_message (side, call->node);
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
  call_later (wire, end (query), TRUE, callback, user_data);
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

/* --- the server: who is who --- */

static gboolean
is_form_of (const Side *side, const UlakJid *jid)
{
  return g_str_equal (jid->user, jid->server == ULAK_JID_SERVER_LID ? side->me.lid.user : side->me.phone.user);
}

static Side *
find_device (World *self, const UlakJid *jid)
{
  for (guint i = 0; i < self->sides->len; i++)
    {
      Side *side = g_ptr_array_index (self->sides, i);

      if (is_form_of (side, jid) && side->me.phone.device == jid->device)
        return side;
    }
  return NULL;
}

static void
give_later_cb_free (gpointer data)
{
  g_free (data);
}

typedef struct
{
  Side *side;
  UlakNode *node;
} Give;

static gboolean
give_cb (gpointer user_data)
{
  Give *give = user_data;

  give->side->world->running--;
  if (give->side->wire->is_online)
    {
      g_ptr_array_add (give->side->got, ulak_node_ref (give->node));
      ulak_chat_take_stanza (give->side->chat, give->node);
    }
  else
    g_ptr_array_add (give->side->inbox, ulak_node_ref (give->node));
  ulak_node_unref (give->node);
  return G_SOURCE_REMOVE;
}

static void
give_later (Side *side, UlakNode *node /* (transfer full) */)
{
  Give *give = g_new0 (Give, 1);

  give->side = side;
  give->node = node;
  side->world->running++;
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, give_cb, give, give_later_cb_free);
}

void
side_give_node (Side *self, const UlakNode *stanza)
{
  give_later (self, ulak_node_ref (stanza));
  world_settle (self->world);
}

void
side_give (Side *self, const char *xml)
{
  g_autoptr (UlakNode) node = world_parse (xml);

  side_give_node (self, node);
}

/* --- the server: queries --- */

static UlakNodeBuilder *
begin_result (const UlakNode *iq)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_copy (builder, "id", iq, "id");
  ulak_node_builder_add_text (builder, "type", "result");
  return builder;
}

static void
add_devices (World *self, UlakNodeBuilder *builder, const UlakJid *jid)
{
  const Side *any = NULL;

  ulak_node_builder_open (builder, "user");
  ulak_node_builder_add_jid (builder, "jid", jid);
  ulak_node_builder_open (builder, "devices");
  ulak_node_builder_open (builder, "device-list");
  for (guint i = 0; i < self->sides->len; i++)
    {
      const Side *side = g_ptr_array_index (self->sides, i);

      if (!is_form_of (side, jid) || g_strcmp0 (self->hidden_user, side->me.phone.user) == 0)
        continue;
      any = side;
      ulak_node_builder_open (builder, "device");
      ulak_node_builder_add_number (builder, "id", side->me.phone.device);
      if (side->me.phone.device > 0)
        ulak_node_builder_add_number (builder, "key-index", side->me.phone.device);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  if (any != NULL)
    {
      UlakJid lid = ulak_jid_get_account (&any->me.lid);

      ulak_node_builder_open (builder, "lid");
      ulak_node_builder_add_jid (builder, "val", &lid);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
}

static UlakNode *
serve_usync (World *self, const UlakNode *iq)
{
  const UlakNode *list = ulak_node_get_child (ulak_node_get_child (iq, "usync"), "list");
  UlakNodeBuilder *builder = begin_result (iq);

  self->n_usync++;
  ulak_node_builder_open (builder, "usync");
  ulak_node_builder_open (builder, "list");
  for (const UlakNode *user = ulak_node_get_first (list); user != NULL; user = ulak_node_get_next (user))
    {
      UlakJid jid;

      g_assert_true (ulak_node_read_jid (user, "jid", &jid, NULL));
      add_devices (self, builder, &jid);
    }
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  return end (builder);
}

static void
add_bundle (World *self, UlakNodeBuilder *builder, const UlakJid *jid)
{
  Side *side = find_device (self, jid);

  ulak_node_builder_open (builder, "user");
  ulak_node_builder_add_jid (builder, "jid", jid);
  if (side == NULL)
    {
      ulak_node_builder_open (builder, "error");
      ulak_node_builder_add_text (builder, "code", "406");
      ulak_node_builder_close (builder);
    }
  else
    {
      copy_inside (builder, side->bundle);
      if (side->pre_keys->len > 0)
        {
          copy_child (builder, g_ptr_array_index (side->pre_keys, side->pre_keys->len - 1));
          g_ptr_array_set_size (side->pre_keys, (gint) side->pre_keys->len - 1);
        }
    }
  ulak_node_builder_close (builder);
}

static UlakNode *
serve_bundles (World *self, const UlakNode *iq)
{
  UlakNodeBuilder *builder = begin_result (iq);
  const UlakNode *key = ulak_node_get_child (iq, "key");

  self->n_bundles++;
  ulak_node_builder_open (builder, "list");
  for (const UlakNode *user = ulak_node_get_first (key); user != NULL; user = ulak_node_get_next (user))
    {
      UlakJid jid;

      g_assert_true (ulak_node_read_jid (user, "jid", &jid, NULL));
      add_bundle (self, builder, &jid);
    }
  ulak_node_builder_close (builder);
  return end (builder);
}

static WorldGroup *
find_group (World *self, const char *jid)
{
  for (guint i = 0; i < self->groups->len; i++)
    {
      WorldGroup *group = g_ptr_array_index (self->groups, i);

      if (g_str_equal (group->jid, jid))
        return group;
    }
  return NULL;
}

static const Side *
find_account (World *self, const char *user)
{
  for (guint i = 0; i < self->sides->len; i++)
    {
      const Side *side = g_ptr_array_index (self->sides, i);

      if (g_str_equal (side->me.phone.user, user))
        return side;
    }
  g_assert_not_reached ();
}

static UlakNode *
serve_group (World *self, const UlakNode *iq, guint *code_out)
{
  const WorldGroup *group = find_group (self, ulak_node_get_attribute (iq, "to"));
  UlakNodeBuilder *builder;

  self->n_groups++;
  if (group == NULL)
    {
      *code_out = 404;
      return NULL;
    }
  builder = begin_result (iq);
  ulak_node_builder_open (builder, "group");
  ulak_node_builder_add_text (builder, "id", group->jid);
  ulak_node_builder_add_text (builder, "subject", "A group");
  ulak_node_builder_add_text (builder, "addressing_mode", group->uses_lid ? "lid" : "pn");
  if (group->timer_s > 0)
    {
      ulak_node_builder_open (builder, "ephemeral");
      ulak_node_builder_add_number (builder, "expiration", group->timer_s);
      ulak_node_builder_close (builder);
    }
  for (guint i = 0; i < group->accounts->len; i++)
    {
      const Side *side = find_account (self, g_ptr_array_index (group->accounts, i));
      UlakJid lid = ulak_jid_get_account (&side->me.lid);
      UlakJid phone = ulak_jid_get_account (&side->me.phone);

      ulak_node_builder_open (builder, "participant");
      ulak_node_builder_add_jid (builder, "jid", group->uses_lid ? &lid : &phone);
      ulak_node_builder_add_jid (builder, group->uses_lid ? "phone_number" : "lid", group->uses_lid ? &phone : &lid);
      if (i == 0)
        ulak_node_builder_add_text (builder, "type", "superadmin");
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  return end (builder);
}

static UlakNode *
serve_mex (World *self, const UlakNode *iq)
{
  UlakNodeBuilder *builder = begin_result (iq);

  ulak_node_builder_open (builder, "result");
  ulak_node_builder_set_text (builder, self->mex != NULL ? self->mex : "{}");
  ulak_node_builder_close (builder);
  return end (builder);
}

/* What a test wants said once. */
static UlakNode *
serve_script (World *self, guint *code_out)
{
  g_autofree char *xml = self->script == NULL ? NULL : g_strdup_printf ("<iq type='result'>%s</iq>", self->script);

  *code_out = self->script_code;
  self->script = NULL;
  self->script_code = 0;
  return *code_out != 0 ? NULL : world_parse (xml);
}

static UlakNode *
serve_query (Side *side, const UlakNode *iq, guint *code_out)
{
  const char *xmlns = ulak_node_get_attribute (iq, "xmlns");

  if (side->world->script != NULL || side->world->script_code != 0)
    return serve_script (side->world, code_out);
  if (g_str_equal (xmlns, "usync"))
    return serve_usync (side->world, iq);
  if (g_str_equal (xmlns, "encrypt"))
    return serve_bundles (side->world, iq);
  if (g_str_equal (xmlns, "w:g2"))
    return serve_group (side->world, iq, code_out);
  if (g_str_equal (xmlns, "w:mex"))
    return serve_mex (side->world, iq);
  g_assert_cmpstr (xmlns, ==, "privacy");
  side->world->n_tokens++;
  return end (begin_result (iq));
}

/* --- the server: messages --- */

static UlakJid
form_of (const Side *side, gboolean as_lid)
{
  UlakJid jid = as_lid ? side->me.lid : side->me.phone;

  jid.device = side->me.phone.device;
  return jid;
}

static const UlakNode *
find_part (const UlakNode *message, const UlakJid *jid)
{
  const UlakNode *participants = ulak_node_get_child (message, "participants");

  for (const UlakNode *to = participants == NULL ? NULL : ulak_node_get_first (participants); to != NULL;
       to = ulak_node_get_next (to))
    {
      UlakJid named;

      g_assert_true (ulak_node_read_jid (to, "jid", &named, NULL));
      if (ulak_jid_equal (&named, jid))
        return ulak_node_get_first (to);
    }
  return NULL;
}

/* Whether a status names the user, with a key or without. */
static gboolean
is_named (const UlakNode *message, const UlakJid *jid)
{
  const UlakNode *participants = ulak_node_get_child (message, "participants");
  UlakJid account = ulak_jid_get_account (jid);

  for (const UlakNode *to = participants == NULL ? NULL : ulak_node_get_first (participants); to != NULL;
       to = ulak_node_get_next (to))
    {
      UlakJid named;

      g_assert_true (ulak_node_read_jid (to, "jid", &named, NULL));
      named = ulak_jid_get_account (&named);
      if (ulak_jid_equal (&named, &account))
        return TRUE;
    }
  return FALSE;
}

static void
add_enc (World *self, UlakNodeBuilder *builder, const UlakNode *enc)
{
  gsize size_bytes;
  const guint8 *bytes = ulak_node_get_bytes (enc, &size_bytes);
  g_autofree guint8 *copy = g_memdup2 (bytes, size_bytes);
  const char *name, *value;

  if (self->damages)
    copy[size_bytes - 3] ^= 1;
  self->damages = FALSE;
  ulak_node_builder_open (builder, "enc");
  for (guint i = 0; i < ulak_node_count_attributes (enc); i++)
    {
      value = ulak_node_get_attribute_at (enc, i, &name);
      ulak_node_builder_add_text (builder, name, value);
    }
  ulak_node_builder_set_bytes (builder, copy, size_bytes);
  ulak_node_builder_close (builder);
}

static UlakNodeBuilder *
begin_message (const Side *from, const UlakNode *message, const char *t)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("message");

  ulak_node_builder_add_copy (builder, "id", message, "id");
  ulak_node_builder_add_copy (builder, "type", message, "type");
  ulak_node_builder_add_copy (builder, "edit", message, "edit");
  ulak_node_builder_add_copy (builder, "category", message, "category");
  ulak_node_builder_add_text (builder, "t", t);
  ulak_node_builder_add_text (builder, "notify", from->me.phone.user);
  return builder;
}

static void
add_identity (const Side *from, UlakNodeBuilder *builder, const UlakNode *message)
{
  const UlakNode *identity = ulak_node_get_child (message, "device-identity");

  if (identity != NULL && !from->is_phone)
    copy_child (builder, identity);
}

static void
deliver_direct (Side *from, Side *to, const UlakNode *message, const UlakJid *chat, const UlakNode *enc, const char *t)
{
  gboolean as_lid = chat->server == ULAK_JID_SERVER_LID;
  UlakNodeBuilder *builder = begin_message (from, message, t);
  UlakJid sender = form_of (from, as_lid);
  UlakJid other = form_of (from, !as_lid);

  other = ulak_jid_get_account (&other);
  ulak_node_builder_add_jid (builder, "from", &sender);
  ulak_node_builder_add_jid (builder, as_lid ? "sender_pn" : "sender_lid", &other);
  if (is_form_of (to, &sender) && ulak_node_get_attribute (message, "category") == NULL)
    {
      ulak_node_builder_add_jid (builder, "recipient", chat);
      ulak_node_builder_add_copy (builder, "peer_recipient_pn", message, "peer_recipient_pn");
    }
  add_enc (from->world, builder, enc);
  add_identity (from, builder, message);
  give_later (to, end (builder));
}

static void
deliver_group (Side *from, Side *to, const UlakNode *message, const WorldGroup *group, const UlakNode *part, const UlakNode *whole, const char *t)
{
  UlakNodeBuilder *builder = begin_message (from, message, t);
  gboolean as_lid = group == NULL || group->uses_lid;
  UlakJid sender = form_of (from, as_lid);
  UlakJid other = form_of (from, !as_lid);

  other = ulak_jid_get_account (&other);
  ulak_node_builder_add_text (builder, "from", group == NULL ? "status@broadcast" : group->jid);
  ulak_node_builder_add_jid (builder, "participant", &sender);
  ulak_node_builder_add_jid (builder, as_lid ? "participant_pn" : "participant_lid", &other);
  if (part != NULL)
    add_enc (from->world, builder, part);
  if (whole != NULL)
    add_enc (from->world, builder, whole);
  add_identity (from, builder, message);
  give_later (to, end (builder));
}

static gboolean
is_member (const WorldGroup *group, const Side *side)
{
  for (guint i = 0; i < group->accounts->len; i++)
    if (g_str_equal (g_ptr_array_index (group->accounts, i), side->me.phone.user))
      return TRUE;
  return FALSE;
}

static void
fan_out (Side *from, const UlakNode *message, const UlakJid *to, const char *t)
{
  World *self = from->world;
  g_autofree char *name = ulak_jid_print (to);
  const WorldGroup *group = find_group (self, name);
  const UlakNode *enc = ulak_node_get_child (message, "enc");
  gboolean is_status = g_str_equal (name, "status@broadcast");
  gboolean as_lid = group != NULL ? group->uses_lid : is_status || to->server == ULAK_JID_SERVER_LID;

  for (guint i = 0; i < self->sides->len; i++)
    {
      Side *side = g_ptr_array_index (self->sides, i);
      UlakJid jid = form_of (side, as_lid);
      const UlakNode *part = find_part (message, &jid);

      if (side == from)
        continue;
      if (group != NULL && is_member (group, side))
        deliver_group (from, side, message, group, part, enc, t);
      else if (is_status && is_named (message, &jid))
        deliver_group (from, side, message, NULL, part, enc, t);
      else if (group == NULL && part != NULL)
        deliver_direct (from, side, message, to, part, t);
    }
}

/* A single <enc> without participants: to one device. */
static void
deliver_to_device (Side *from, const UlakNode *message, const UlakJid *to, const char *t)
{
  g_autofree char *name = ulak_jid_print (to);
  const WorldGroup *group = find_group (from->world, name);
  const UlakNode *enc = ulak_node_get_child (message, "enc");
  UlakJid target = *to, chat = ulak_jid_get_account (to);
  Side *side;

  if (ulak_node_get_attribute (message, "participant") != NULL)
    g_assert_true (ulak_node_read_jid (message, "participant", &target, NULL));
  if (ulak_node_get_attribute (message, "recipient") != NULL)
    g_assert_true (ulak_node_read_jid (message, "recipient", &chat, NULL));
  side = find_device (from->world, &target);
  g_assert_nonnull (side);
  if (group != NULL || g_str_equal (name, "status@broadcast"))
    deliver_group (from, side, message, group, enc, NULL, t);
  else
    deliver_direct (from, side, message, &chat, enc, t);
}

static UlakNode *
serve_message (Side *side, const UlakNode *message)
{
  World *self = side->world;
  UlakNodeBuilder *builder = ulak_node_builder_new ("ack");
  g_autofree char *t
      = g_strdup_printf ("%" G_GINT64_FORMAT, ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)) / G_USEC_PER_SEC);
  const UlakNode *enc = ulak_node_get_child (message, "enc");
  UlakJid to;

  g_assert_true (ulak_node_read_jid (message, "to", &to, NULL));
  ulak_node_builder_add_copy (builder, "id", message, "id");
  ulak_node_builder_add_text (builder, "class", "message");
  ulak_node_builder_add_copy (builder, "from", message, "to");
  ulak_node_builder_add_text (builder, "t", t);
  if (self->next_attribute != NULL)
    ulak_node_builder_add_text (builder, self->next_attribute, self->next_value);
  self->next_attribute = NULL;
  if (self->next_error != NULL)
    {
      ulak_node_builder_add_text (builder, "error", self->next_error);
      self->next_error = NULL;
      return end (builder);
    }
  if (enc != NULL && g_strcmp0 (ulak_node_get_attribute (enc, "type"), "skmsg") != 0)
    deliver_to_device (side, message, &to, t);
  else
    fan_out (side, message, &to, t);
  return end (builder);
}

/* --- the server: receipts --- */

static void
serve_receipt (Side *from, const UlakNode *receipt)
{
  UlakNodeBuilder *builder;
  UlakJid to, target;
  Side *side;

  g_assert_true (ulak_node_read_jid (receipt, "to", &to, NULL));
  target = to;
  if (ulak_node_get_attribute (receipt, "participant") != NULL)
    g_assert_true (ulak_node_read_jid (receipt, "participant", &target, NULL));
  side = find_device (from->world, &target);
  if (side == NULL || side == from)
    return;
  builder = ulak_node_builder_new ("receipt");
  ulak_node_builder_add_copy (builder, "id", receipt, "id");
  ulak_node_builder_add_copy (builder, "type", receipt, "type");
  ulak_node_builder_add_copy (builder, "recipient", receipt, "recipient");
  ulak_node_builder_add_text (builder, "t", "1764059401");
  if (ulak_node_get_attribute (receipt, "participant") != NULL)
    {
      UlakJid own = form_of (from, target.server == ULAK_JID_SERVER_LID);

      ulak_node_builder_add_copy (builder, "from", receipt, "to");
      ulak_node_builder_add_jid (builder, "participant", &own);
    }
  else
    {
      UlakJid own = form_of (from, to.server == ULAK_JID_SERVER_LID);

      ulak_node_builder_add_jid (builder, "from", &own);
    }
  if (ulak_node_get_content (receipt) == ULAK_NODE_CHILDREN)
    copy_inside (builder, receipt);
  give_later (side, end (builder));
}

/* --- sides --- */

typedef struct
{
  Side *side;
  const Side *phone;
  guint n_keys;
  UlakCredentials *credentials;
} SetUp;

static GBytes *
make_statement (const UlakKeyPair *own, const UlakKeyPair *phone, UlakRandom *random)
{
  static const guint8 prefix[] = { 6, 0 };
  Wa__ADVDeviceIdentity details = WA__ADVDEVICE_IDENTITY__INIT;
  Wa__ADVSignedDeviceIdentity statement = WA__ADVSIGNED_DEVICE_IDENTITY__INIT;
  guint8 account_signature[ULAK_CURVE_SIGNATURE_BYTES], device_signature[ULAK_CURVE_SIGNATURE_BYTES];
  g_autoptr (GBytes) packed = NULL;
  UlakAdvIdentity adv;

  details.has_raw_id = TRUE;
  details.raw_id = 7;
  packed = ulak_protobuf_pack (&details);
  {
    const UlakSpan spans[] = { ULAK_SPAN_ARRAY (prefix), ulak_span_of (packed), ULAK_SPAN_ARRAY (own->public_key) };

    ulak_curve_sign (&phone->private_key, random, spans, G_N_ELEMENTS (spans), account_signature);
  }
  adv = (UlakAdvIdentity){ .details = ulak_span_of (packed), .account_signature_key = ULAK_SPAN_ARRAY (phone->public_key) };
  ulak_adv_sign_device (&adv, own, random, device_signature);
  statement.has_details = statement.has_account_signature = statement.has_device_signature = TRUE;
  statement.has_account_signature_key = TRUE;
  statement.details = (ProtobufCBinaryData){ g_bytes_get_size (packed), (guint8 *) g_bytes_get_data (packed, NULL) };
  statement.account_signature = (ProtobufCBinaryData){ sizeof account_signature, account_signature };
  statement.device_signature = (ProtobufCBinaryData){ sizeof device_signature, device_signature };
  statement.account_signature_key = (ProtobufCBinaryData){ sizeof phone->public_key, (guint8 *) phone->public_key };
  return ulak_protobuf_pack (&statement);
}

static gboolean
pair_run (UlakDatabase *database, gpointer data, GError **error)
{
  SetUp *self = data;
  Side *side = self->side;
  gint64 now_us = ULAK_FAKE_CLOCK_START_US;
  g_autoptr (UlakCredentials) made = NULL;
  g_autoptr (GBytes) statement = NULL;
  const UlakKeyPair *phone;
  UlakPairing pairing = { .jid = side->me.phone, .lid = side->me.lid, .platform = "android" };

  if (!ulak_credentials_create (database, side->seal, side->world->random, now_us, &made, error))
    return FALSE;
  phone = self->phone == NULL ? ulak_credentials_get_identity (made)
                              : ulak_credentials_get_identity (ulak_session_get_credentials (self->phone->session));
  statement = make_statement (ulak_credentials_get_identity (made), phone, side->world->random);
  pairing.device_identity = ulak_span_of (statement);
  pairing.lid_migration = ULAK_LID_MIGRATION_YES;
  memcpy (pairing.account_signature_key, phone->public_key, sizeof pairing.account_signature_key);
  return ulak_credentials_save_pairing (database, &pairing, now_us, error)
         && ulak_credentials_load (database, side->seal, &self->credentials, error);
}

static gboolean
load_run (UlakDatabase *database, gpointer data, GError **error)
{
  SetUp *self = data;

  return ulak_credentials_load (database, self->side->seal, &self->credentials, error);
}

static void
put_key (UlakNodeBuilder *builder, guint32 id, const guint8 *value, const guint8 *signature)
{
  const guint8 bytes[] = { (guint8) (id >> 16), (guint8) (id >> 8), (guint8) id };

  ulak_node_builder_open (builder, "id");
  ulak_node_builder_set_bytes (builder, bytes, sizeof bytes);
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "value");
  ulak_node_builder_set_bytes (builder, value, ULAK_CURVE_PUBLIC_BYTES);
  ulak_node_builder_close (builder);
  if (signature == NULL)
    return;
  ulak_node_builder_open (builder, "signature");
  ulak_node_builder_set_bytes (builder, signature, ULAK_CURVE_SIGNATURE_BYTES);
  ulak_node_builder_close (builder);
}

static void
make_bundle (Side *side, const UlakSignedPreKey *key)
{
  UlakCredentials *credentials = ulak_session_get_credentials (side->session);
  GBytes *identity = ulak_credentials_get_device_identity (credentials);
  UlakNodeBuilder *builder = ulak_node_builder_new ("user");
  guint32 registration = GUINT32_TO_BE (ulak_credentials_get_registration_id (credentials));
  gsize size_bytes;

  ulak_node_builder_open (builder, "registration");
  ulak_node_builder_set_bytes (builder, (const guint8 *) &registration, sizeof registration);
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "identity");
  ulak_node_builder_set_bytes (builder, ulak_credentials_get_identity (credentials)->public_key, ULAK_CURVE_PUBLIC_BYTES);
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "skey");
  put_key (builder, key->id, key->public_key, key->signature);
  ulak_node_builder_close (builder);
  if (!side->is_phone)
    {
      const guint8 *bytes = g_bytes_get_data (identity, &size_bytes);

      ulak_node_builder_open (builder, "device-identity");
      ulak_node_builder_set_bytes (builder, bytes, size_bytes);
      ulak_node_builder_close (builder);
    }
  side->bundle = end (builder);
}

static gboolean
publish_run (UlakDatabase *database, gpointer data, GError **error)
{
  SetUp *self = data;
  Side *side = self->side;
  g_autoptr (GArray) keys = NULL;
  UlakSignedPreKey signed_key;

  if (!ulak_pre_keys_prepare (side->session, database, 30, ULAK_FAKE_CLOCK_START_US, &keys, error)
      || !ulak_pre_keys_mark_uploaded (database, (const UlakPreKey *) (void *) keys->data, keys->len, error)
      || !ulak_signed_pre_keys_get_current (database, &signed_key, error))
    return FALSE;
  for (guint i = 0; i < keys->len; i++)
    {
      const UlakPreKey *key = &g_array_index (keys, UlakPreKey, i);
      UlakNodeBuilder *builder = ulak_node_builder_new ("key");

      put_key (builder, key->id, key->public_key, NULL);
      g_ptr_array_add (side->pre_keys, end (builder));
    }
  make_bundle (side, &signed_key);
  return TRUE;
}

static void
run (Side *self, UlakStoreWork work, SetUp *set_up)
{
  UlakStore *store = ulak_line_store_get_store (self->store);
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (store, work, set_up, NULL, wait_cb, &wait);
  ulak_store_finish (store, wait_result (&wait), &error);
  g_assert_no_error (error);
}

static void
open_store (Side *self)
{
  UlakLineStoreOptions options = {
    .path = self->path,
    .migrate = TRUE,
    .migrations = ulak_schema_get_migrations (),
    .queue_max = 1000,
    .unknown_wait_ms = 60000,
    .clock = ULAK_CLOCK (self->world->clock),
    .random = self->world->random,
  };
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_line_store_open_async (&options, NULL, wait_cb, &wait);
  self->store = ulak_line_store_open_finish (wait_result (&wait), &error);
  g_assert_no_error (error);
}

static void
close_store (Side *self)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_line_store_close_async (self->store, wait_cb, &wait);
  ulak_line_store_close_finish (self->store, wait_result (&wait), &error);
  g_assert_no_error (error);
  wait_clear (&wait);
  g_clear_object (&self->store);
}

static void
open_chat (Side *self, UlakCredentials *credentials)
{
  UlakChatOptions options = { .line = self->line,
                              .wire = ULAK_WIRE (self->wire),
                              .clock = ULAK_CLOCK (self->world->clock),
                              .random = self->world->random };

  self->session = ulak_session_new (credentials, self->world->random);
  self->chat = ulak_chat_new (&options);
  ulak_chat_set_account (self->chat, self->session, &self->me);
}

static void
close_chat (Side *self)
{
  g_auto (Wait) wait = { 0 };

  ulak_chat_stop_async (self->chat, wait_cb, &wait);
  g_assert_true (ulak_chat_stop_finish (self->chat, wait_result (&wait), NULL));
  wait_clear (&wait);
  world_settle (self->world);
  g_assert_finalize_object (g_steal_pointer (&self->chat));
  g_clear_pointer (&self->session, ulak_session_unref);
}

Side *
world_add (World *self, const char *user, const char *lid, guint device)
{
  Side *side = g_new0 (Side, 1);
  g_autofree char *phone_text = g_strdup_printf ("%s:%u@s.whatsapp.net", user, device);
  g_autofree char *lid_text = g_strdup_printf ("%s:%u@lid", lid, device);
  g_autoptr (UlakSecret) secret = ulak_secret_new ("0123456789abcdef0123456789abcdef", 32);
  SetUp set_up = { .side = side };
  g_autoptr (GError) error = NULL;

  side->world = self;
  side->is_phone = device == 0;
  side->seal = ulak_seal_new_for_key (secret, ULAK_CREDENTIALS_SEAL_PURPOSE, &error);
  g_assert_no_error (error);
  side->folder = g_dir_make_tmp ("ulak-chat-XXXXXX", NULL);
  side->path = g_build_filename (side->folder, "whatsapp.db", NULL);
  g_assert_true (ulak_jid_parse (phone_text, &side->me.phone, NULL));
  g_assert_true (ulak_jid_parse (lid_text, &side->me.lid, NULL));
  side->line = g_object_new (ULAK_TYPE_LINE, NULL);
  side->line->side = side;
  side->wire = g_object_new (TEST_TYPE_WIRE, NULL);
  side->wire->side = side;
  side->pre_keys = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  side->inbox = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  side->sent = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  side->got = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  for (guint i = 0; i < self->sides->len; i++)
    {
      const Side *other = g_ptr_array_index (self->sides, i);

      if (other->is_phone && g_str_equal (other->me.phone.user, user))
        set_up.phone = other;
    }
  g_ptr_array_add (self->sides, side);
  open_store (side);
  run (side, pair_run, &set_up);
  open_chat (side, set_up.credentials);
  ulak_credentials_unref (set_up.credentials);
  run (side, publish_run, &set_up);
  side_connect (side);
  return side;
}

void
side_connect (Side *self)
{
  g_autoptr (GPtrArray) inbox = g_steal_pointer (&self->inbox);

  self->inbox = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  self->wire->is_online = TRUE;
  ulak_chat_connected (self->chat);
  for (guint i = 0; i < inbox->len; i++)
    give_later (self, ulak_node_ref (g_ptr_array_index (inbox, i)));
  world_settle (self->world);
}

void
side_disconnect (Side *self)
{
  self->wire->is_online = FALSE;
  self->wire->epoch++;
  self->wire->held = 0;
  ulak_chat_disconnected (self->chat);
}

void
side_restart (Side *self)
{
  SetUp set_up = { .side = self };

  side_disconnect (self);
  close_chat (self);
  close_store (self);
  open_store (self);
  run (self, load_run, &set_up);
  open_chat (self, set_up.credentials);
  ulak_credentials_unref (set_up.credentials);
  side_connect (self);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      g_remove (inner);
    }
  g_rmdir (path);
}

static void
side_free (gpointer data)
{
  Side *self = data;

  g_assert_cmpuint (self->wire->held, ==, 0);
  side_disconnect (self);
  close_chat (self);
  close_store (self);
  remove_folder (self->folder);
  g_ptr_array_unref (self->pre_keys);
  g_ptr_array_unref (self->inbox);
  g_ptr_array_unref (self->sent);
  g_ptr_array_unref (self->got);
  ulak_node_unref (self->bundle);
  g_object_unref (self->wire);
  g_object_unref (self->line);
  ulak_seal_free (self->seal);
  g_free (self->folder);
  g_free (self->path);
  g_free (self);
}

static void
group_free (gpointer data)
{
  WorldGroup *self = data;

  g_free (self->jid);
  g_ptr_array_unref (self->accounts);
  g_free (self);
}

WorldGroup *
world_add_group (World *self, const char *id, gboolean uses_lid, const char *const *users)
{
  WorldGroup *group = g_new0 (WorldGroup, 1);

  group->jid = g_strconcat (id, "@g.us", NULL);
  group->uses_lid = uses_lid;
  group->accounts = g_ptr_array_new_with_free_func (g_free);
  for (gsize i = 0; users[i] != NULL; i++)
    g_ptr_array_add (group->accounts, g_strdup (users[i]));
  g_ptr_array_add (self->groups, group);
  return group;
}

World *
world_new (void)
{
  World *self = g_new0 (World, 1);

  self->clock = ulak_fake_clock_new ();
  self->random = ULAK_RANDOM (ulak_random_system_new ());
  self->sides = g_ptr_array_new ();
  self->groups = g_ptr_array_new_with_free_func (group_free);
  return self;
}

void
world_free (World *self)
{
  world_settle (self);
  while (self->sides->len > 0)
    {
      Side *side = g_ptr_array_index (self->sides, self->sides->len - 1);

      side_free (side);
      g_ptr_array_set_size (self->sides, (gint) self->sides->len - 1);
    }
  g_ptr_array_unref (self->sides);
  g_ptr_array_unref (self->groups);
  g_assert_cmpuint (ulak_fake_clock_count_timers (self->clock), ==, 0);
  g_object_unref (self->clock);
  g_object_unref (self->random);
  g_free (self->mex);
  g_free (self);
}

/* --- what sides do --- */

static JsonObject *
parse_json (const char *text)
{
  g_autofree char *json = g_strdelimit (g_strdup (text), "'", '"');
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (json, &error);

  g_assert_no_error (error);
  return json_node_dup_object (node);
}

UlakSendResult *
side_send_about (Side *self, const char *id, const char *chat, const char *document, const UlakOutboundTarget *target)
{
  g_autoptr (JsonObject) message = parse_json (document);
  UlakOutbound outbound = { .id = id, .chat = chat, .message = message, .target = target };
  g_auto (Wait) wait = { 0 };

  ulak_chat_send_async (self->chat, &outbound, NULL, wait_cb, &wait);
  return ulak_chat_send_finish (self->chat, wait_result (&wait));
}

UlakSendResult *
side_send (Side *self, const char *id, const char *chat, const char *document)
{
  return side_send_about (self, id, chat, document, NULL);
}

void
side_send_text (Side *self, const char *id, const char *chat, const char *text)
{
  g_autofree char *document = g_strdup_printf ("{'to':'%s','text':{'body':'%s'}}", chat, text);
  g_autoptr (UlakSendResult) result = side_send (self, id, chat, document);

  g_assert_cmpstr (result->error_message, ==, NULL);
  g_assert_cmpint (result->outcome, ==, ULAK_SEND_ACCEPTED);
  world_settle (self->world);
}

char *
world_network_id (Side *self, const char *id)
{
  UlakNetworkId made;

  ulak_network_id_make (&made, self->me.phone.user, id);
  return g_strdup (made.text);
}

char *
side_read (Side *self, const char *chat)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonArray *messages;

  ulak_line_store_list_messages_async (self->store, chat, "", 100, wait_cb, &wait);
  text = ulak_line_store_list_finish (self->store, wait_result (&wait), NULL, &error);
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    return g_strdup ("");
  g_assert_no_error (error);
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  messages = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                          : ulak_json_peek_array (json_node_get_object (node), "messages");
  for (guint i = json_array_get_length (messages); i > 0; i--)
    {
      JsonObject *message = json_array_get_object_element (messages, i - 1);
      const char *from = ulak_json_peek_string (message, "from");
      const char *body = ulak_json_peek_string (message, "text");

      g_string_append_printf (lines, "%s%s|%s|%s", lines->len > 0 ? "\n" : "", from == NULL ? "-" : from,
                              ulak_json_peek_string (message, "type"), body == NULL ? "" : body);
    }
  return g_strdup (lines->str);
}

char *
side_events (Side *self)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GString) types = g_string_new (NULL);
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GError) error = NULL;

  ulak_line_store_read_outbox_async (self->store, 1000, 1 << 20, wait_cb, &wait);
  events = ulak_line_store_read_outbox_finish (self->store, wait_result (&wait), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < events->len; i++)
    {
      const UlakOutboxEvent *event = g_ptr_array_index (events, i);

      g_string_append_printf (types, "%s%s", i > 0 ? " " : "", event->type);
    }
  return g_strdup (types->str);
}

static gboolean
matches (const UlakNode *node, const char *tag, const char *attribute, const char *value)
{
  return ulak_node_is (node, tag)
         && (attribute == NULL || g_strcmp0 (ulak_node_get_attribute (node, attribute), value) == 0);
}

const UlakNode *
side_find_sent (Side *self, const char *tag, const char *attribute, const char *value)
{
  for (guint i = self->sent->len; i > 0; i--)
    if (matches (g_ptr_array_index (self->sent, i - 1), tag, attribute, value))
      return g_ptr_array_index (self->sent, i - 1);
  return NULL;
}

guint
side_count_sent (Side *self, const char *tag, const char *attribute, const char *value)
{
  guint n = 0;

  for (guint i = 0; i < self->sent->len; i++)
    n += matches (g_ptr_array_index (self->sent, i), tag, attribute, value);
  return n;
}

void
side_forget_sent (Side *self)
{
  g_ptr_array_set_size (self->sent, 0);
}

/* --- rows --- */

typedef struct
{
  const char *from_where;
  gint64 n;
} Count;

static gboolean
count_run (UlakDatabase *database, gpointer data, GError **error)
{
  Count *self = data;
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM %s", self->from_where);

  return ulak_database_get_integer (database, sql, &self->n, error);
}

gint64
side_count (Side *self, const char *from_where)
{
  UlakStore *store = ulak_line_store_get_store (self->store);
  Count count = { .from_where = from_where };
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_store_read_async (store, count_run, &count, NULL, wait_cb, &wait);
  ulak_store_finish (store, wait_result (&wait), &error);
  g_assert_no_error (error);
  return count.n;
}

static gboolean
sql_run (UlakDatabase *database, gpointer data, GError **error)
{
  return ulak_database_run_once (database, data, error);
}

void
side_run_sql (Side *self, const char *sql)
{
  UlakStore *store = ulak_line_store_get_store (self->store);
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (store, sql_run, (gpointer) sql, NULL, wait_cb, &wait);
  ulak_store_finish (store, wait_result (&wait), &error);
  g_assert_no_error (error);
}

void
side_mark (Side *self, const UlakReadMark *mark)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_chat_mark_messages_async (self->chat, mark, wait_cb, &wait);
  ulak_chat_mark_messages_finish (self->chat, wait_result (&wait), &error);
  g_assert_no_error (error);
}

/* --- history and app state, which are tested elsewhere --- */

gboolean
ulak_history_note (UlakDatabase *database G_GNUC_UNUSED,
                   const Wa__HistorySyncNotification *notification G_GNUC_UNUSED,
                   const char *message_id G_GNUC_UNUSED,
                   gint64 now_us G_GNUC_UNUSED,
                   GError **error G_GNUC_UNUSED)
{
  world_history_notes++;
  return TRUE;
}

gboolean
ulak_app_state_keep_keys (UlakDatabase *database G_GNUC_UNUSED,
                          const Wa__AppStateSyncKeyShare *share G_GNUC_UNUSED,
                          gint64 now_us G_GNUC_UNUSED,
                          GError **error G_GNUC_UNUSED)
{
  world_key_shares++;
  return TRUE;
}

/* --- messages of a test's own making --- */

typedef struct
{
  UlakJid chat;
  const char *network_id;
  GBytes *plain;
} Planting;

static gboolean
plant_run (UlakDatabase *database, gpointer data, GError **error)
{
  Planting *self = data;

  return ulak_sent_keep (database, &self->chat, self->network_id, ulak_span_of (self->plain), NULL,
                         ULAK_FAKE_CLOCK_START_US, error);
}

void
side_plant (Side *self, const char *chat_jid, const char *network_id, GBytes *plain)
{
  UlakStore *store = ulak_line_store_get_store (self->store);
  Planting planting = { .network_id = network_id, .plain = plain };
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (ulak_jid_parse (chat_jid, &planting.chat, NULL));
  ulak_store_write_async (store, plant_run, &planting, NULL, wait_cb, &wait);
  ulak_store_finish (store, wait_result (&wait), &error);
  g_assert_no_error (error);
}

void
side_send_peer (Side *self, GBytes *message)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_chat_send_peer_async (self->chat, message, "high", wait_cb, &wait);
  ulak_chat_send_peer_finish (self->chat, wait_result (&wait), &error);
  g_assert_no_error (error);
  wait_clear (&wait);
  world_settle (self->world);
}

typedef struct
{
  Side *phone;
  Side *companion;
  GBytes *message;
  UlakCiphertext ciphertext;
} PeerPush;

static gboolean
push_run (UlakDatabase *database, gpointer data, GError **error)
{
  PeerPush *self = data;
  g_autoptr (GBytes) padded = NULL;
  UlakPeerDevice device;

  padded = ulak_padding_add (g_bytes_get_data (self->message, NULL), g_bytes_get_size (self->message),
                             self->phone->world->random);
  return ulak_peers_resolve_device (database, &self->companion->me.lid, ULAK_FAKE_CLOCK_START_US, &device, error)
         && ulak_device_encrypt (self->phone->session, database, &device, ulak_span_of (padded),
                                 ULAK_FAKE_CLOCK_START_US, &self->ciphertext, error);
}

void
side_send_peer_to (Side *self, Side *companion, GBytes *message)
{
  UlakStore *store = ulak_line_store_get_store (self->store);
  PeerPush push = { .phone = self, .companion = companion, .message = message };
  g_autofree char *from = g_strconcat (self->me.lid.user, "@lid", NULL);
  g_autoptr (UlakNode) stanza = NULL;
  UlakNodeBuilder *builder;
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (store, push_run, &push, NULL, wait_cb, &wait);
  ulak_store_finish (store, wait_result (&wait), &error);
  g_assert_no_error (error);
  wait_clear (&wait); /* the store counts it as unfinished while it lives */
  g_assert_nonnull (push.ciphertext.bytes);
  builder = ulak_node_builder_new ("message");
  ulak_node_builder_add_text (builder, "id", "PEER1");
  ulak_node_builder_add_text (builder, "from", from);
  ulak_node_builder_add_text (builder, "category", "peer");
  ulak_node_builder_add_text (builder, "t", "1764059400");
  ulak_node_builder_open (builder, "enc");
  ulak_node_builder_add_text (builder, "v", "2");
  ulak_node_builder_add_text (builder, "type", ulak_ciphertext_kind_get_name (push.ciphertext.kind));
  ulak_node_builder_set_bytes (builder, g_bytes_get_data (push.ciphertext.bytes, NULL),
                               g_bytes_get_size (push.ciphertext.bytes));
  ulak_node_builder_close (builder);
  stanza = end (builder);
  side_give_node (companion, stanza);
  ulak_ciphertext_clear (&push.ciphertext);
}
