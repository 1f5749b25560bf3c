/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Reading, and marking as read: connector/history.h on the line's own store.
 */
#include "connector/history.h"
#include "connector/line-work.h"
#include "connector/sql.h"
#include "core/error.h"
#include "core/id.h"

#include <string.h>

typedef struct
{
  UlakLineWork head;
  UlakHistory *history; /* (owned) */
  gboolean (*ask) (UlakDatabase *database, UlakHistory *history, GError **error);
} Question;

typedef struct
{
  char *json;
  char *next;
} Page;

static void
page_free (gpointer data)
{
  Page *self = data;

  g_free (self->json);
  g_free (self->next);
  g_free (self);
}

static void
question_free (gpointer data)
{
  Question *self = data;

  ulak_history_free (self->history);
  g_free (self);
}

static gboolean
question_run (UlakDatabase *database, gpointer data, GError **error)
{
  Question *self = data;

  return self->ask (database, self->history, error);
}

static void
page_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  UlakHistory *history = ((Question *) work)->history;
  Page *page = g_new0 (Page, 1);

  page->json = g_steal_pointer (&history->json);
  page->next = g_steal_pointer (&history->next);
  g_task_return_pointer (task, page, page_free);
}

static void
message_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_autoptr (JsonNode) node = json_from_string (((Question *) work)->history->json, NULL);

  g_task_return_pointer (task, json_node_dup_object (node), (GDestroyNotify) json_object_unref);
}

static void
ask (UlakLineStore *self,
     gboolean (*question) (UlakDatabase *, UlakHistory *, GError **),
     UlakHistory *history,
     UlakLineWorkDone done,
     GTask *task)
{
  Question *work = g_new0 (Question, 1);

  work->history = history;
  work->ask = question;
  ulak_line_store_read (self, question_run, work, question_free, done, task);
}

void
ulak_line_store_get_message_async (UlakLineStore *self,
                                   const char *id,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  ask (self, ulak_history_get_message, ulak_history_new (id, "", 1), message_done,
       g_task_new (self, NULL, callback, user_data));
}

JsonObject *
ulak_line_store_get_message_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ulak_line_store_list_chats_async (UlakLineStore *self,
                                  const char *cursor,
                                  guint limit,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  ask (self, ulak_history_list_chats, ulak_history_new ("", cursor, limit), page_done,
       g_task_new (self, NULL, callback, user_data));
}

void
ulak_line_store_list_messages_async (UlakLineStore *self,
                                     const char *chat,
                                     const char *cursor,
                                     guint limit,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  ask (self, ulak_history_list_messages, ulak_history_new (chat, cursor, limit), page_done,
       g_task_new (self, NULL, callback, user_data));
}

/** ulak_line_store_list_finish: @next_out: (transfer full): "" on the last page. Returns: (transfer full): a JSON array */
char *
ulak_line_store_list_finish (UlakLineStore *self, GAsyncResult *result, char **next_out, GError **error)
{
  Page *page;
  char *json;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  page = g_task_propagate_pointer (G_TASK (result), error);
  if (page == NULL)
    return NULL;
  json = g_steal_pointer (&page->json);
  if (next_out != NULL)
    *next_out = g_steal_pointer (&page->next);
  page_free (page);
  return json;
}

/* --- one inbound message --- */

typedef struct
{
  UlakLineWork head;
  char *id;
  char *network_id; /* out */
} Reading;

static void
reading_free (gpointer data)
{
  Reading *self = data;

  g_free (self->id);
  g_free (self->network_id);
  g_free (self);
}

static gboolean
find_inbound (UlakDatabase *database, const char *id, UlakStatement **row_out, GError **error)
{
  gboolean is_ours = ulak_id_is_valid (id);

  if (!ulak_sql_find (database, is_ours ? ULAK_SQL ("message-find") : ULAK_SQL ("message-by-network-id"),
                      ULAK_BINDINGS (ULAK_TEXT (is_ours ? "id" : "network_id", id)), row_out, error))
    return FALSE;
  if (*row_out == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no message %.64s on this line", id);
      return FALSE;
    }
  if (!ulak_statement_is_null (*row_out, "sender"))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "Only a message that came in can be marked as read");
  return FALSE;
}

static gboolean
find_inbound_run (UlakDatabase *database, gpointer data, GError **error)
{
  Reading *self = data;
  UlakStatement *row;

  if (!find_inbound (database, self->id, &row, error))
    return FALSE;
  g_free (self->network_id);
  self->network_id = g_strdup (ulak_statement_get_text (row, "network_id"));
  return TRUE;
}

static void
find_inbound_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_pointer (task, g_steal_pointer (&((Reading *) work)->network_id), g_free);
}

void
ulak_line_store_find_inbound_async (UlakLineStore *self,
                                    const char *id,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->id = g_strdup (id);
  ulak_line_store_read (self, find_inbound_run, reading, reading_free, find_inbound_done,
                        g_task_new (self, NULL, callback, user_data));
}

char *
ulak_line_store_find_inbound_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- what a mark-read is about --- */

typedef struct
{
  UlakLineWork head;
  char *id;
  UlakUnread *out;
} UnreadList;

static void
read_message_clear (gpointer data)
{
  UlakReadMessage *self = data;

  g_free ((char *) self->network_id);
  g_free ((char *) self->from);
  g_free ((char *) self->type);
}

void
ulak_unread_free (UlakUnread *self)
{
  if (self == NULL)
    return;
  g_free (self->chat);
  g_array_unref (self->messages);
  g_free (self);
}

static void
unread_list_free (gpointer data)
{
  UnreadList *self = data;

  g_free (self->id);
  ulak_unread_free (self->out);
  g_free (self);
}

static gboolean
collect_unread (UlakDatabase *database, UlakUnread *unread, gint64 sequence, GError **error)
{
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_SQL ("unread-until"),
                        ULAK_BINDINGS (ULAK_TEXT ("chat", unread->chat), ULAK_INTEGER ("sequence", sequence)), error);
  gboolean has_row;

  while (rows != NULL)
    {
      UlakReadMessage message;

      if (!ulak_statement_step (rows, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      message.network_id = g_strdup (ulak_statement_get_text (rows, "network_id"));
      message.from = g_strdup (ulak_statement_get_text (rows, "sender"));
      message.type = g_strdup (ulak_statement_get_text (rows, "type"));
      g_array_insert_val (unread->messages, 0, message);
    }
  return FALSE;
}

static gboolean
list_unread_run (UlakDatabase *database, gpointer data, GError **error)
{
  UnreadList *self = data;
  UlakStatement *row;

  if (!find_inbound (database, self->id, &row, error))
    return FALSE;
  ulak_unread_free (self->out);
  self->out = g_new0 (UlakUnread, 1);
  self->out->chat = g_strdup (ulak_statement_get_text (row, "chat"));
  self->out->messages = g_array_new (FALSE, FALSE, sizeof (UlakReadMessage));
  g_array_set_clear_func (self->out->messages, read_message_clear);
  return collect_unread (database, self->out, ulak_statement_get_integer (row, "sequence"), error);
}

static void
list_unread_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_pointer (task, g_steal_pointer (&((UnreadList *) work)->out), (GDestroyNotify) ulak_unread_free);
}

void
ulak_line_store_list_unread_async (UlakLineStore *self,
                                   const char *id,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  UnreadList *list = g_new0 (UnreadList, 1);

  list->id = g_strdup (id);
  ulak_line_store_read (self, list_unread_run, list, unread_list_free, list_unread_done,
                        g_task_new (self, NULL, callback, user_data));
}

UlakUnread *
ulak_line_store_list_unread_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
mark_read_run (UlakDatabase *database, gpointer data, GError **error)
{
  Reading *self = data;
  UlakStatement *row;
  g_autofree char *chat = NULL;
  gint64 sequence;

  ulak_line_work_start (self);
  if (!find_inbound (database, self->id, &row, error))
    return FALSE;
  chat = g_strdup (ulak_statement_get_text (row, "chat"));
  sequence = ulak_statement_get_integer (row, "sequence");
  return ulak_sql_run (database, ULAK_SQL ("message-read"),
                       ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("sequence", sequence)), error)
         && ulak_sql_run (database, ULAK_SQL ("chat-read"),
                          ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("sequence", sequence)), error);
}

/** ulak_line_store_mark_read_async: @id and what came before it in its chat count as read */
void
ulak_line_store_mark_read_async (UlakLineStore *self,
                                 const char *id,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->id = g_strdup (id);
  ulak_line_store_write (self, mark_read_run, reading, reading_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}
