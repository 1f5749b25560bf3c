/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Outbox: events in the order in which they were committed, until the event log has them.
 */
#include "connector/line-work.h"
#include "connector/sql.h"

#include <string.h>

static void
outbox_event_free (gpointer data)
{
  UlakOutboxEvent *self = data;

  g_free (self->id);
  g_free (self->type);
  g_free (self->chat);
  g_free (self->data);
  g_free (self);
}

typedef struct
{
  UlakLineWork head;
  gint64 after;
  guint limit;
  gsize max_bytes;
  gint64 last;
  GPtrArray *events; /* out */
  gboolean has_more; /* out */
} Batch;

static void
batch_free (gpointer data)
{
  Batch *self = data;

  g_clear_pointer (&self->events, g_ptr_array_unref);
  g_free (self);
}

static UlakOutboxEvent *
event_of_row (UlakStatement *row)
{
  UlakOutboxEvent *event = g_new0 (UlakOutboxEvent, 1);

  event->sequence = ulak_statement_get_integer (row, "sequence");
  event->id = g_strdup (ulak_statement_get_text (row, "id"));
  event->type = g_strdup (ulak_statement_get_text (row, "type"));
  event->chat = g_strdup (ulak_statement_get_text (row, "chat"));
  event->timestamp_us = ulak_statement_get_integer (row, "timestamp_us");
  event->data = g_strdup (ulak_statement_get_text (row, "data"));
  return event;
}

static gboolean
read_run (UlakDatabase *database, gpointer data, GError **error)
{
  Batch *self = data;
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_SQL ("outbox-read"),
                        ULAK_BINDINGS (ULAK_INTEGER ("after", self->after), ULAK_INTEGER ("limit", self->limit + 1)), error);
  gsize bytes = 0;
  gboolean has_row;

  self->has_more = FALSE;
  g_clear_pointer (&self->events, g_ptr_array_unref);
  self->events = g_ptr_array_new_with_free_func (outbox_event_free);
  while (rows != NULL)
    {
      if (!ulak_statement_step (rows, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      bytes += strlen (ulak_statement_get_text (rows, "data"));
      self->has_more = self->events->len == self->limit || (bytes > self->max_bytes && self->events->len > 0);
      if (self->has_more)
        return TRUE;
      g_ptr_array_add (self->events, event_of_row (rows));
    }
  return FALSE;
}

static void
read_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  Batch *batch = (Batch *) work;

  g_task_set_task_data (task, GINT_TO_POINTER (batch->has_more), NULL);
  g_task_return_pointer (task, g_steal_pointer (&batch->events), (GDestroyNotify) g_ptr_array_unref);
}

void
ulak_line_store_read_outbox_async (UlakLineStore *self,
                                   gint64 after,
                                   guint limit,
                                   gsize max_bytes,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  Batch *batch = g_new0 (Batch, 1);

  batch->after = after;
  batch->limit = limit;
  batch->max_bytes = max_bytes;
  ulak_line_store_read (self, read_run, batch, batch_free, read_done,
                        g_task_new (self, NULL, callback, user_data));
}

GPtrArray *
ulak_line_store_read_outbox_finish (UlakLineStore *self, GAsyncResult *result, gboolean *has_more_out, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  if (has_more_out != NULL)
    *has_more_out = GPOINTER_TO_INT (g_task_get_task_data (G_TASK (result)));
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
forget_run (UlakDatabase *database, gpointer data, GError **error)
{
  Batch *self = data;

  ulak_line_work_start (self);
  if (!ulak_sql_run (database, ULAK_SQL ("outbox-remove"), ULAK_BINDINGS (ULAK_INTEGER ("last", self->last)),
                     error))
    return FALSE;
  self->head.events_change = -(gint) ulak_database_get_changes (database);
  return TRUE;
}

/** ulak_line_store_forget_outbox_async: the event log has everything up to @last_sequence */
void
ulak_line_store_forget_outbox_async (UlakLineStore *self,
                                     gint64 last_sequence,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  Batch *batch = g_new0 (Batch, 1);

  batch->last = last_sequence;
  ulak_line_store_write (self, forget_run, batch, batch_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}
