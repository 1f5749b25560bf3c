/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Pages go from new to old. A cursor names the last row of the page before, so that rows that come meanwhile neither repeat
 * nor hide others.
 */
#include "connector/history.h"

#include "connector/sql.h"
#include "connector/stored-message.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/id.h"
#include "core/json.h"

#include <string.h>

/* 9999-12-31T23:59:59Z: until further notice. */
#define LAST_TIME_US (G_GINT64_CONSTANT (253402300799) * G_USEC_PER_SEC)

UlakHistory *
ulak_history_new (const char *id, const char *cursor, guint limit)
{
  UlakHistory *self = g_new0 (UlakHistory, 1);

  self->id = g_strdup (id);
  self->cursor = g_strdup (cursor);
  self->limit = limit;
  return self;
}

void
ulak_history_free (UlakHistory *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->cursor);
  g_free (self->json);
  g_free (self->next);
  g_free (self);
}

static void
set_answer (UlakHistory *self, JsonNode *node, char *next)
{
  g_free (self->json);
  g_free (self->next);
  self->json = ulak_json_print (node);
  self->next = next != NULL ? next : g_strdup ("");
}

/** ulak_history_get_message: @self: its id is ours or the network's */
gboolean
ulak_history_get_message (UlakDatabase *database, UlakHistory *self, GError **error)
{
  gboolean is_ours = ulak_id_is_valid (self->id);
  UlakStatement *row = NULL;
  JsonObject *message;
  g_autoptr (JsonNode) node = NULL;

  if (!ulak_sql_find (database, is_ours ? ULAK_SQL ("message-find") : ULAK_SQL ("message-by-network-id"),
                      ULAK_BINDINGS (ULAK_TEXT (is_ours ? "id" : "network_id", self->id)), &row, error))
    return FALSE;
  if (row == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no message %.64s on this line", self->id);
      return FALSE;
    }
  message = ulak_stored_message_show (database, row, error);
  if (message == NULL)
    return FALSE;
  node = json_node_init_object (json_node_alloc (), message);
  json_object_unref (message);
  set_answer (self, node, NULL);
  return TRUE;
}

static gboolean
parse_cursor (const UlakHistory *self, gint64 *number_out, char **text_out, GError **error)
{
  char *end = NULL;

  if (*self->cursor == '\0')
    {
      *number_out = G_MAXINT64;
      *text_out = g_strdup ("");
      return TRUE;
    }
  *number_out = g_ascii_strtoll (self->cursor, &end, 10);
  if (end != self->cursor && *end == '.')
    {
      *text_out = g_strdup (end + 1);
      return TRUE;
    }
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "cursor: is not the \"next\" of an earlier page");
  return FALSE;
}

/* --- chats --- */

typedef struct
{
  char *id, *name;
  gint64 unread, updated_us, last_sequence, pinned_us, muted_until_us;
  gboolean is_archived, is_marked_unread;
} Chat;

static void
chat_free (gpointer data)
{
  Chat *self = data;

  g_free (self->id);
  g_free (self->name);
  g_free (self);
}

static GPtrArray *
read_chats (UlakDatabase *database, gint64 before_us, const char *before_id, guint limit, GError **error)
{
  g_autoptr (GPtrArray) chats = g_ptr_array_new_with_free_func (chat_free);
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_SQL ("chats-list"),
                        ULAK_BINDINGS (ULAK_INTEGER ("before_us", before_us),
                                       ULAK_TEXT ("before_id", before_id), ULAK_INTEGER ("limit", limit)),
                        error);
  gboolean has_row;

  while (rows != NULL)
    {
      Chat *chat;

      if (!ulak_statement_step (rows, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&chats);
      chat = g_new0 (Chat, 1);
      chat->id = g_strdup (ulak_statement_get_text (rows, "id"));
      chat->name = g_strdup (ulak_statement_get_text (rows, "name"));
      chat->unread = ulak_statement_get_integer (rows, "unread");
      chat->updated_us = ulak_statement_get_integer (rows, "updated_us");
      chat->pinned_us = ulak_statement_get_integer (rows, "pinned_us");
      chat->muted_until_us = ulak_statement_get_integer (rows, "muted_until_us");
      chat->is_archived = ulak_statement_get_integer (rows, "archived") != 0;
      chat->is_marked_unread = ulak_statement_get_integer (rows, "marked_unread") != 0;
      chat->last_sequence = ulak_statement_is_null (rows, "last_sequence")
                                ? 0
                                : ulak_statement_get_integer (rows, "last_sequence");
      g_ptr_array_add (chats, chat);
    }
  return NULL;
}

static gboolean
show_last_message (UlakDatabase *database, const Chat *chat, JsonObject *shown, GError **error)
{
  UlakStatement *row;
  JsonObject *message;

  if (!ulak_sql_find (database, ULAK_SQL ("message-by-sequence"),
                      ULAK_BINDINGS (ULAK_INTEGER ("sequence", chat->last_sequence)), &row, error))
    return FALSE;
  if (row == NULL)
    {
      json_object_set_null_member (shown, "last_message");
      return TRUE;
    }
  message = ulak_stored_message_show (database, row, error);
  if (message == NULL)
    return FALSE;
  json_object_set_object_member (shown, "last_message", message);
  return TRUE;
}

/* What the owner did with the chat on any device. */
static void
show_choices (const Chat *chat, JsonObject *shown)
{
  g_autofree char *until
      = chat->muted_until_us == 0 ? NULL : ulak_format_rfc3339 (MIN (chat->muted_until_us, LAST_TIME_US));

  json_object_set_boolean_member (shown, "marked_unread", chat->is_marked_unread);
  json_object_set_boolean_member (shown, "archived", chat->is_archived);
  json_object_set_boolean_member (shown, "pinned", chat->pinned_us != 0);
  if (until == NULL)
    json_object_set_null_member (shown, "muted_until");
  else
    json_object_set_string_member (shown, "muted_until", until);
}

static JsonObject *
show_chat (UlakDatabase *database, const Chat *chat, GError **error)
{
  g_autoptr (JsonObject) shown = json_object_new ();
  g_autofree char *updated_at = ulak_format_rfc3339 (chat->updated_us);

  json_object_set_string_member (shown, "id", chat->id);
  if (chat->name == NULL)
    json_object_set_null_member (shown, "name");
  else
    json_object_set_string_member (shown, "name", chat->name);
  json_object_set_int_member (shown, "unread", chat->unread);
  json_object_set_string_member (shown, "updated_at", updated_at);
  show_choices (chat, shown);
  return show_last_message (database, chat, shown, error) ? g_steal_pointer (&shown) : NULL;
}

gboolean
ulak_history_list_chats (UlakDatabase *database, UlakHistory *self, GError **error)
{
  g_autoptr (GPtrArray) chats = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *before_id = NULL;
  JsonArray *array = json_array_new ();
  char *next = NULL;
  gint64 before_us;

  node = json_node_alloc ();
  json_node_init_array (node, array);
  json_array_unref (array);
  if (!parse_cursor (self, &before_us, &before_id, error))
    return FALSE;
  chats = read_chats (database, before_us, before_id, self->limit + 1, error);
  if (chats == NULL)
    return FALSE;
  for (guint i = 0; i < MIN (chats->len, self->limit); i++)
    {
      JsonObject *chat = show_chat (database, g_ptr_array_index (chats, i), error);
      if (chat == NULL)
        return FALSE;
      json_array_add_object_element (array, chat);
    }
  if (chats->len > self->limit)
    {
      const Chat *last = g_ptr_array_index (chats, self->limit - 1);
      next = g_strdup_printf ("%" G_GINT64_FORMAT ".%s", last->updated_us, last->id);
    }
  set_answer (self, node, next);
  return TRUE;
}

/* --- messages --- */

static gboolean
require_chat (UlakDatabase *database, const char *id, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_SQL ("chat-find"), ULAK_BINDINGS (ULAK_TEXT ("id", id)), &row, error))
    return FALSE;
  if (row != NULL)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no such chat on this line");
  return FALSE;
}

static gboolean
collect_messages (UlakDatabase *database,
                  UlakHistory *self,
                  gint64 before,
                  JsonArray *array,
                  char **next_out,
                  GError **error)
{
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_SQL ("messages-list"),
                        ULAK_BINDINGS (ULAK_TEXT ("chat", self->id), ULAK_INTEGER ("before", before),
                                       ULAK_INTEGER ("limit", (gint64) self->limit + 1)),
                        error);
  gint64 last = 0;
  gboolean has_row;

  while (rows != NULL)
    {
      JsonObject *message;

      if (!ulak_statement_step (rows, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      if (json_array_get_length (array) == self->limit)
        {
          *next_out = g_strdup_printf ("%" G_GINT64_FORMAT ".", last);
          return TRUE;
        }
      message = ulak_stored_message_show (database, rows, error);
      if (message == NULL)
        return FALSE;
      last = ulak_statement_get_integer (rows, "sequence");
      json_array_add_object_element (array, message);
    }
  return FALSE;
}

/** ulak_history_list_messages: @self: its id is the chat's */
gboolean
ulak_history_list_messages (UlakDatabase *database, UlakHistory *self, GError **error)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree char *rest = NULL;
  JsonArray *array = json_array_new ();
  char *next = NULL;
  gint64 before;

  json_node_init_array (node, array);
  json_array_unref (array);
  if (!parse_cursor (self, &before, &rest, error) || !require_chat (database, self->id, error)
      || !collect_messages (database, self, before, array, &next, error))
    return FALSE;
  set_answer (self, node, next);
  return TRUE;
}
