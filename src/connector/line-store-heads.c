/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Heads: the messages that are first in their lanes, those that may go now.
 */
#include "connector/line-work.h"
#include "connector/sql.h"

void
ulak_lane_head_free (UlakLaneHead *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->chat);
  g_free (self->hold_reason);
  g_free (self);
}

void
ulak_lane_heads_free (UlakLaneHeads *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->heads);
  g_free (self);
}

typedef struct
{
  UlakLineWork head;
  guint n_warm, n_cold;
  UlakLaneHeads *out;
} HeadList;

static void
head_list_free (gpointer data)
{
  HeadList *self = data;

  ulak_lane_heads_free (self->out);
  g_free (self);
}

static gboolean
list_heads_of (UlakDatabase *database, HeadList *self, gboolean is_cold, guint limit, GError **error)
{
  UlakStatement *rows = ulak_sql_query (database, ULAK_SQL ("lanes-due"),
                                        ULAK_BINDINGS (ULAK_INTEGER ("is_cold", is_cold),
                                                       ULAK_INTEGER ("now_us", self->head.now_us),
                                                       ULAK_INTEGER ("limit", limit)),
                                        error);
  gboolean has_row;

  while (rows != NULL)
    {
      UlakLaneHead *head;

      if (!ulak_statement_step (rows, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      head = g_new0 (UlakLaneHead, 1);
      head->sequence = ulak_statement_get_integer (rows, "sequence");
      head->id = g_strdup (ulak_statement_get_text (rows, "id"));
      head->chat = g_strdup (ulak_statement_get_text (rows, "chat"));
      head->hold_reason = g_strdup (ulak_statement_get_text (rows, "hold_reason"));
      head->is_unknown = g_str_equal (ulak_statement_get_text (rows, "status"), "unknown");
      head->is_cold = is_cold;
      head->is_new = ulak_statement_get_integer (rows, "is_new") != 0;
      head->tries = (guint) ulak_statement_get_integer (rows, "tries");
      head->due_us = ulak_statement_get_integer (rows, "due_us");
      g_ptr_array_add (self->out->heads, head);
    }
  return FALSE;
}

static gboolean
get_time (UlakDatabase *database,
          const char *path,
          const UlakBinding *bindings,
          const char *column,
          gint64 *time_us_out,
          GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, path, bindings, &row, error))
    return FALSE;
  *time_us_out = row == NULL || ulak_statement_is_null (row, column) ? ULAK_NEVER_US
                                                                     : ulak_statement_get_integer (row, column);
  return TRUE;
}

static gboolean
list_heads (UlakDatabase *database, gpointer data, GError **error)
{
  HeadList *self = data;

  ulak_lane_heads_free (self->out);
  self->out = g_new0 (UlakLaneHeads, 1);
  self->out->heads = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_lane_head_free);
  return list_heads_of (database, self, FALSE, self->n_warm, error)
         && list_heads_of (database, self, TRUE, self->n_cold, error)
         && get_time (database, ULAK_SQL ("lanes-next-due"),
                      ULAK_BINDINGS (ULAK_INTEGER ("now_us", self->head.now_us)), "due_us",
                      &self->out->next_due_us, error)
         && get_time (database, ULAK_SQL ("messages-next-expiry"), ULAK_BINDINGS (), "expires_us",
                      &self->out->next_expiry_us, error);
}

static void
list_heads_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_pointer (task, g_steal_pointer (&((HeadList *) work)->out),
                         (GDestroyNotify) ulak_lane_heads_free);
}

void
ulak_line_store_list_heads_async (UlakLineStore *self,
                                  guint n_warm,
                                  guint n_cold,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  HeadList *list = g_new0 (HeadList, 1);

  list->n_warm = n_warm;
  list->n_cold = n_cold;
  ulak_line_store_read (self, list_heads, list, head_list_free, list_heads_done,
                        g_task_new (self, NULL, callback, user_data));
}

UlakLaneHeads *
ulak_line_store_list_heads_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
