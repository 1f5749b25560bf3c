/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbound: a batch of a network becomes rows and events in one transaction.
 *
 * Order is kept, but for messages of a history: those come last and the newest first, since each gets its place before all that
 * are there.
 */
#include "connector/events.h"
#include "connector/inbound-commit.h"
#include "connector/statuses.h"
#include "core/json.h"

static void
commit_free (gpointer data)
{
  UlakInboundCommit *self = data;

  ulak_inbound_free (self->inbound);
  g_free (self);
}

/* --- one event --- */

/* Networks give events no id: the same type, chat, time and contents are the same event, delivered again. */
static gboolean
store_event (UlakDatabase *database, UlakInboundCommit *self, const UlakInboundItem *item, GError **error)
{
  const UlakInboundEvent *event = &item->event;
  g_autofree char *id = ulak_id_series_next (&self->ids);
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, event->timestamp_us);
  const char *const parts[] = { "event", event->type, event->chat, time, item->content_text, NULL };
  gboolean is_first = FALSE;

  if (event->is_passing)
    return ulak_events_put_passing (database, &self->head, id, event->type, event->chat, event->timestamp_us,
                                    item->content_text, error);
  if (!ulak_inbound_note_seen (database, parts, self->head.now_us, &is_first, error))
    return FALSE;
  return !is_first
         || ulak_events_put (database, &self->head, id, event->type, event->chat, event->timestamp_us,
                             item->content_text, error);
}

/* --- the batch --- */

static gboolean
store_item (UlakDatabase *database, UlakInboundCommit *self, const UlakInboundItem *item, GError **error)
{
  switch (item->kind)
    {
    case ULAK_INBOUND_MESSAGE:
      return ulak_inbound_store_message (database, self, item, error);
    case ULAK_INBOUND_EDIT:
      return ulak_inbound_store_edit (database, self, item, error);
    case ULAK_INBOUND_REVOKE:
      return ulak_inbound_store_revoke (database, self, item, error);
    case ULAK_INBOUND_STATUS:
      return ulak_statuses_apply (database, &self->head, &item->status, &self->ids, error);
    case ULAK_INBOUND_CHAT:
      return ulak_inbound_store_chat (database, self, item, error);
    case ULAK_INBOUND_CONTACT:
      return ulak_inbound_store_contact (database, self, item, error);
    case ULAK_INBOUND_EVENT:
      return store_event (database, self, item, error);
    }
  g_return_val_if_reached (FALSE);
}

static gboolean
is_old_message (const UlakInboundItem *item)
{
  return item->kind == ULAK_INBOUND_MESSAGE && (item->message.flags & ULAK_INBOUND_HISTORY) != 0;
}

static gint
compare_newest_first (gconstpointer a, gconstpointer b)
{
  const UlakInboundItem *left = *(const UlakInboundItem *const *) a, *right = *(const UlakInboundItem *const *) b;

  return (left->message.timestamp_us < right->message.timestamp_us)
         - (left->message.timestamp_us > right->message.timestamp_us);
}

static gboolean
store_history (UlakDatabase *database, UlakInboundCommit *self, GPtrArray *items, GError **error)
{
  g_ptr_array_sort (items, compare_newest_first);
  for (guint i = 0; i < items->len; i++)
    if (!store_item (database, self, g_ptr_array_index (items, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
store_items (UlakDatabase *database, UlakInboundCommit *self, GError **error)
{
  g_autoptr (GPtrArray) history = g_ptr_array_new ();
  guint n = ulak_inbound_count (self->inbound);

  for (guint i = 0; i < n; i++)
    {
      const UlakInboundItem *item = ulak_inbound_get_item (self->inbound, i);

      if (is_old_message (item))
        g_ptr_array_add (history, (gpointer) item);
      else if (!store_item (database, self, item, error))
        return FALSE;
    }
  return store_history (database, self, history, error);
}

static gboolean
commit_run (UlakDatabase *database, gpointer data, GError **error)
{
  UlakInboundCommit *self = data;

  ulak_line_work_start (self);
  self->n_new = 0;
  self->ids = self->given_ids;
  return ulak_inbound_run_prepare (self->inbound, database, error) && store_items (database, self, error)
         && ulak_inbound_run_extra (self->inbound, database, error);
}

static void
commit_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_int (task, (gssize) ((UlakInboundCommit *) work)->n_new);
}

/** ulak_line_store_commit_inbound_async: @inbound: (transfer full) */
void
ulak_line_store_commit_inbound_async (UlakLineStore *self,
                                      UlakInbound *inbound,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  UlakInboundCommit *commit = g_new0 (UlakInboundCommit, 1);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_line_store_commit_inbound_async);
  commit->inbound = inbound;
  ulak_line_store_init_ids (self, &commit->given_ids);
  ulak_line_store_write_joint (self, commit_run, commit, commit_free, commit_done, task);
}

gboolean
ulak_line_store_commit_inbound_finish (UlakLineStore *self,
                                       GAsyncResult *result,
                                       guint *new_out,
                                       GError **error)
{
  gssize n_new;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  n_new = g_task_propagate_int (G_TASK (result), error);
  if (n_new < 0)
    return FALSE;
  if (new_out != NULL)
    *new_out = (guint) n_new;
  return TRUE;
}

/* --- an event of the line itself --- */

typedef struct
{
  UlakLineWork head;
  char *id, *type, *chat, *data;
} OwnEvent;

static void
own_event_free (gpointer data)
{
  OwnEvent *self = data;

  g_free (self->id);
  g_free (self->type);
  g_free (self->chat);
  g_free (self->data);
  g_free (self);
}

static gboolean
own_event_run (UlakDatabase *database, gpointer data, GError **error)
{
  OwnEvent *self = data;

  ulak_line_work_start (self);
  return ulak_events_put (database, &self->head, self->id, self->type, self->chat, self->head.now_us,
                          self->data, error);
}

/** ulak_line_store_add_event_async: @chat: the ordering key, "" for none */
void
ulak_line_store_add_event_async (UlakLineStore *self,
                                 const char *type,
                                 const char *chat,
                                 JsonObject *data,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  OwnEvent *event = g_new0 (OwnEvent, 1);

  event->id = ulak_line_store_new_id (self);
  event->type = g_strdup (type);
  event->chat = g_strdup (chat);
  event->data = ulak_json_print_object (data);
  ulak_line_store_write (self, own_event_run, event, own_event_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}
