/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A flight is one query and the work that stores its answer; a request waits until none of its keys is in a flight.
 */
#include "whatsapp/chat/fetch.h"

#include "core/error.h"
#include "whatsapp/chat/chat-private.h"
#include "whatsapp/chat/fetch-store.h"

struct _UlakFetch
{
  UlakChat *chat;                          /* unowned, owns us */
  GHashTable *flying[ULAK_N_FETCH_KINDS];  /* (owned) (element-type utf8): keys under way */
  GPtrArray *requests;                     /* (owned) (element-type GTask) */
};

typedef struct
{
  UlakFetchKind kind;
  GHashTable *pending; /* (owned) (element-type utf8) */
  GError *error;       /* (owned) (nullable): the first */
  guint code;
} Request;

typedef struct
{
  UlakChat *chat; /* (owned) */
  UlakFetchKind kind;
  GPtrArray *keys;  /* (owned) (element-type utf8) */
  GPtrArray *asked; /* (owned) (element-type utf8): what this query asks for */
  gboolean is_second; /* in the other form */
} Flight;

static void
request_free (gpointer data)
{
  Request *self = data;

  g_hash_table_unref (self->pending);
  g_clear_error (&self->error);
  g_free (self);
}

static void
flight_free (Flight *self)
{
  g_ptr_array_unref (self->keys);
  g_ptr_array_unref (self->asked);
  g_object_unref (self->chat);
  g_free (self);
}

/* --- landing --- */

static void
settle (UlakFetch *self, GTask *task, const Flight *flight, guint code, const GError *error)
{
  Request *request = g_task_get_task_data (task);
  gboolean is_concerned = FALSE;

  if (request->kind != flight->kind)
    return;
  for (guint i = 0; i < flight->keys->len; i++)
    is_concerned |= g_hash_table_remove (request->pending, g_ptr_array_index (flight->keys, i));
  if (!is_concerned)
    return;
  if (error != NULL && request->error == NULL)
    {
      request->error = g_error_copy (error);
      request->code = code;
    }
  if (g_hash_table_size (request->pending) > 0)
    return;
  g_object_ref (task);
  g_ptr_array_remove (self->requests, task);
  if (request->error != NULL)
    g_task_return_error (task, g_error_copy (request->error));
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
land (Flight *flight, guint code, const GError *error)
{
  UlakFetch *self = flight->chat->fetch;
  g_autoptr (GPtrArray) requests = g_ptr_array_copy (self->requests, (GCopyFunc) (void *) g_object_ref, NULL);

  g_ptr_array_set_free_func (requests, g_object_unref);
  for (guint i = 0; i < flight->keys->len; i++)
    g_hash_table_remove (self->flying[flight->kind], g_ptr_array_index (flight->keys, i));
  for (guint i = 0; i < requests->len; i++)
    settle (self, g_ptr_array_index (requests, i), flight, code, error);
  flight_free (flight);
}

static void fly (Flight *flight);

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  g_autoptr (GError) error = NULL;
  UlakFetchStore *store = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (store == NULL || flight->is_second || store->other_forms->len == 0)
    {
      land (flight, 0, error);
      return;
    }
  g_ptr_array_unref (flight->asked);
  flight->asked = g_ptr_array_ref (store->other_forms);
  flight->is_second = TRUE;
  fly (flight);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  g_autoptr (GError) error = NULL;
  guint code = 0;
  g_autoptr (UlakNode) answer = ulak_wire_query_finish (ULAK_WIRE (source), result, &code, &error);

  if (answer == NULL)
    {
      land (flight, code, error);
      return;
    }
  ulak_store_write_async (ulak_line_get_store (flight->chat->line), ulak_fetch_store_run,
                          ulak_fetch_store_new (flight->chat, flight->kind, answer), ulak_fetch_store_free, stored_cb,
                          flight);
}

/* --- queries --- */

static void
add_users (UlakNodeBuilder *query, const GPtrArray *asked, const char *reason)
{
  for (guint i = 0; i < asked->len; i++)
    {
      ulak_node_builder_open (query, "user");
      ulak_node_builder_add_text (query, "jid", g_ptr_array_index (asked, i));
      ulak_node_builder_add_text (query, "reason", reason);
      ulak_node_builder_close (query);
    }
}

static void
add_leaf (UlakNodeBuilder *query, const char *tag, const char *name, const char *value)
{
  ulak_node_builder_open (query, tag);
  if (name != NULL)
    ulak_node_builder_add_text (query, name, value);
  ulak_node_builder_close (query);
}

static UlakNodeBuilder *
ask_devices (UlakWire *wire, const GPtrArray *asked)
{
  UlakNodeBuilder *query = ulak_wire_begin_query (wire, "get", "usync", NULL);
  g_autofree char *sid = ulak_wire_make_id (wire);

  ulak_node_builder_open (query, "usync");
  ulak_node_builder_add_text (query, "sid", sid);
  ulak_node_builder_add_text (query, "mode", "query");
  ulak_node_builder_add_text (query, "last", "true");
  ulak_node_builder_add_text (query, "index", "0");
  ulak_node_builder_add_text (query, "context", "message");
  ulak_node_builder_open (query, "query");
  add_leaf (query, "devices", "version", "2");
  add_leaf (query, "lid", NULL, NULL);
  ulak_node_builder_close (query);
  ulak_node_builder_open (query, "list");
  add_users (query, asked, NULL);
  ulak_node_builder_close (query);
  ulak_node_builder_close (query);
  return query;
}

static UlakNodeBuilder *
ask_bundles (UlakWire *wire, const GPtrArray *asked, gboolean is_forced)
{
  UlakNodeBuilder *query = ulak_wire_begin_query (wire, "get", "encrypt", NULL);

  ulak_node_builder_open (query, "key");
  add_users (query, asked, is_forced ? "identity" : NULL);
  ulak_node_builder_close (query);
  return query;
}

static UlakNodeBuilder *
ask_group (UlakWire *wire, const char *group)
{
  UlakNodeBuilder *query;
  UlakJid jid;

  if (!ulak_jid_parse (group, &jid, NULL))
    g_return_val_if_reached (NULL);
  query = ulak_wire_begin_query (wire, "get", "w:g2", &jid);
  add_leaf (query, "query", "request", "interactive");
  return query;
}

static void
fly (Flight *flight)
{
  UlakWire *wire = flight->chat->wire;
  UlakNodeBuilder *query = NULL;

  switch (flight->kind)
    {
    case ULAK_FETCH_DEVICES:
      query = ask_devices (wire, flight->asked);
      break;
    case ULAK_FETCH_BUNDLES:
    case ULAK_FETCH_NEW_BUNDLES:
      query = ask_bundles (wire, flight->asked, flight->kind == ULAK_FETCH_NEW_BUNDLES);
      break;
    case ULAK_FETCH_GROUP:
      query = ask_group (wire, g_ptr_array_index (flight->asked, 0));
      break;
    }
  ulak_wire_query_async (wire, query, NULL, answered_cb, flight);
}

static void
take_off (UlakFetch *self, UlakFetchKind kind, GPtrArray *keys /* (transfer full) */)
{
  Flight *flight = g_new0 (Flight, 1);

  flight->chat = g_object_ref (self->chat);
  flight->kind = kind;
  flight->keys = keys;
  flight->asked = g_ptr_array_ref (keys);
  for (guint i = 0; i < keys->len; i++)
    g_hash_table_add (self->flying[kind], g_strdup (g_ptr_array_index (keys, i)));
  fly (flight);
}

static GPtrArray *
new_batch (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

/* --- requests --- */

void
ulak_fetch_async (UlakFetch *self,
                  UlakFetchKind kind,
                  const char *const *keys,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  GTask *task = g_task_new (self->chat, NULL, callback, user_data);
  guint batch_max = kind == ULAK_FETCH_GROUP ? 1 : ULAK_FETCH_BATCH_MAX;
  Request *request = g_new0 (Request, 1);
  GPtrArray *batch = new_batch ();

  g_task_set_source_tag (task, ulak_fetch_async);
  request->kind = kind;
  request->pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_task_set_task_data (task, request, request_free);
  g_ptr_array_add (self->requests, task);
  for (gsize i = 0; keys[i] != NULL; i++)
    g_hash_table_add (request->pending, g_strdup (keys[i]));
  for (gsize i = 0; keys[i] != NULL; i++)
    {
      if (g_hash_table_contains (self->flying[kind], keys[i]))
        continue;
      g_ptr_array_add (batch, g_strdup (keys[i]));
      g_hash_table_add (self->flying[kind], g_strdup (keys[i]));
      if (batch->len < batch_max)
        continue;
      take_off (self, kind, batch);
      batch = new_batch ();
    }
  if (batch->len > 0)
    take_off (self, kind, g_steal_pointer (&batch));
  else
    g_ptr_array_unref (batch);
}

gboolean
ulak_fetch_finish (UlakFetch *self, GAsyncResult *result, guint *code_out, GError **error)
{
  Request *request = g_task_get_task_data (G_TASK (result));

  g_return_val_if_fail (g_task_is_valid (result, self->chat), FALSE);
  if (code_out != NULL)
    *code_out = request->code;
  return g_task_propagate_boolean (G_TASK (result), error);
}

UlakFetch *
ulak_fetch_new (UlakChat *chat)
{
  UlakFetch *self = g_new0 (UlakFetch, 1);

  self->chat = chat;
  self->requests = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < ULAK_N_FETCH_KINDS; i++)
    self->flying[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
ulak_fetch_free (UlakFetch *self)
{
  for (guint i = 0; i < ULAK_N_FETCH_KINDS; i++)
    g_hash_table_unref (self->flying[i]);
  g_ptr_array_unref (self->requests);
  g_free (self);
}
