/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What tests let sides do, and what they ask of their rows.
 */
#include "chat-world-private.h"

#include "store/database-private.h"
#include "core/error.h"
#include "core/json.h"
#include "whatsapp/session/network-id.h"
#include "whatsapp/codec/padding.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/sent.h"

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
  g_auto (WorldWait) wait = { 0 };

  ulak_chat_send_async (self->chat, &outbound, NULL, world_wait_cb, &wait);
  return ulak_chat_send_finish (self->chat, world_wait_result (&wait));
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
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonArray *messages;

  ulak_line_store_list_messages_async (self->store, chat, "", 100, world_wait_cb, &wait);
  text = ulak_line_store_list_finish (self->store, world_wait_result (&wait), NULL, &error);
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
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GString) types = g_string_new (NULL);
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GError) error = NULL;

  ulak_line_store_read_outbox_async (self->store, 0, 1000, 1 << 20, world_wait_cb, &wait);
  events = ulak_line_store_read_outbox_finish (self->store, world_wait_result (&wait), NULL, &error);
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
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_store_read_async (store, count_run, &count, NULL, world_wait_cb, &wait);
  ulak_store_finish (store, world_wait_result (&wait), &error);
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
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (store, sql_run, (gpointer) sql, NULL, world_wait_cb, &wait);
  ulak_store_finish (store, world_wait_result (&wait), &error);
  g_assert_no_error (error);
}

void
side_mark (Side *self, const UlakReadMark *mark)
{
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_chat_mark_messages_async (self->chat, mark, world_wait_cb, &wait);
  ulak_chat_mark_messages_finish (self->chat, world_wait_result (&wait), &error);
  g_assert_no_error (error);
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
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (ulak_jid_parse (chat_jid, &planting.chat, NULL));
  ulak_store_write_async (store, plant_run, &planting, NULL, world_wait_cb, &wait);
  ulak_store_finish (store, world_wait_result (&wait), &error);
  g_assert_no_error (error);
}

void
side_send_peer (Side *self, GBytes *message)
{
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_chat_send_peer_async (self->chat, message, "high", world_wait_cb, &wait);
  ulak_chat_send_peer_finish (self->chat, world_wait_result (&wait), &error);
  g_assert_no_error (error);
  world_wait_clear (&wait);
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
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (store, push_run, &push, NULL, world_wait_cb, &wait);
  ulak_store_finish (store, world_wait_result (&wait), &error);
  g_assert_no_error (error);
  world_wait_clear (&wait); /* the store counts it as unfinished while it lives */
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
  stanza = world_end_node (builder);
  side_give_node (companion, stanza);
  ulak_ciphertext_clear (&push.ciphertext);
}
