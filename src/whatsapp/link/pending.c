/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/pending.h"

#include "core/error.h"

typedef struct
{
  UlakPending *table; /* unowned: it owns us */
  char *id;
  GTask *task;
  guint timer;
  gulong cancelled_id;
  gint64 since_us;
  GList link; /* in the table's order */
} Entry;

struct _UlakPending
{
  UlakClock *clock;
  guint max_entries;
  GHashTable *entries; /* id, owned by the entry → Entry (owned) */
  GQueue order;        /* the oldest first */
};

static void
entry_free (gpointer data)
{
  Entry *self = data;

  ulak_clock_clear_timer (self->table->clock, &self->timer);
  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (self->task), self->cancelled_id);
  g_queue_unlink (&self->table->order, &self->link);
  g_object_unref (self->task);
  g_free (self->id);
  g_free (self);
}

/** ulak_pending_new: @max_entries: 1 or more */
UlakPending *
ulak_pending_new (UlakClock *clock, guint max_entries)
{
  UlakPending *self = g_new0 (UlakPending, 1);

  self->clock = g_object_ref (clock);
  self->max_entries = max_entries;
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  return self;
}

void
ulak_pending_free (UlakPending *self)
{
  g_autoptr (GError) error = g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The line was stopped");

  ulak_pending_fail_all (self, error);
  g_hash_table_unref (self->entries);
  g_object_unref (self->clock);
  g_free (self);
}

/* Out of the table, so that whatever the task's callback does finds it gone. */
static GTask *
take (UlakPending *self, const char *id)
{
  Entry *entry = g_hash_table_lookup (self->entries, id);
  GTask *task;

  if (entry == NULL)
    return NULL;
  task = g_object_ref (entry->task);
  g_hash_table_remove (self->entries, id);
  return task;
}

static void
timed_out_cb (gpointer user_data)
{
  Entry *entry = user_data;
  g_autoptr (GTask) task = NULL;

  entry->timer = 0;
  task = take (entry->table, entry->id);
  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_TIMED_OUT, "WhatsApp did not answer in time");
}

/* g_cancellable_disconnect() would wait for this very handler; entry_free() uses the signal's own call. */
static void
cancelled_cb (GCancellable *cancellable G_GNUC_UNUSED, gpointer user_data)
{
  Entry *entry = user_data;
  g_autoptr (GTask) task = take (entry->table, entry->id);

  g_task_return_error_if_cancelled (task);
}

/**
 * ulak_pending_may_add:
 *
 * Errors: ULAK_ERROR_FULL when max_entries wait, ULAK_ERROR_EXISTS when @id does.
 *
 * Returns: whether ulak_pending_add() may follow
 */
gboolean
ulak_pending_may_add (UlakPending *self, const char *id, GError **error)
{
  if (g_hash_table_contains (self->entries, id))
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_EXISTS, "An answer to ‘%s’ is awaited already", id);
  else if (g_hash_table_size (self->entries) >= self->max_entries)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "WhatsApp owes %u answers already; no more are awaited at once",
                 self->max_entries);
  else
    return TRUE;
  return FALSE;
}

/**
 * ulak_pending_add:
 * @timeout_ms: 1 or more
 * @task: (transfer full): its cancellable is watched; it returns an UlakNode, or an error: ULAK_ERROR_TIMED_OUT,
 *   G_IO_ERROR_CANCELLED, or what ulak_pending_fail() and ulak_pending_fail_all() are given
 */
void
ulak_pending_add (UlakPending *self, const char *id, gint64 timeout_ms, GTask *task)
{
  Entry *entry = g_new0 (Entry, 1);
  GCancellable *cancellable = g_task_get_cancellable (task);

  entry->table = self;
  entry->id = g_strdup (id);
  entry->task = task;
  entry->since_us = ulak_clock_get_monotonic_us (self->clock);
  entry->link.data = entry;
  entry->timer = ulak_clock_add_timer (self->clock, timeout_ms * G_TIME_SPAN_MILLISECOND, timed_out_cb, entry);
  if (cancellable != NULL)
    entry->cancelled_id = g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled_cb), entry);
  g_hash_table_insert (self->entries, entry->id, entry);
  g_queue_push_tail_link (&self->order, &entry->link);
}

/** ulak_pending_answer: Returns: whether somebody waited for @id */
gboolean
ulak_pending_answer (UlakPending *self, const char *id, UlakNode *answer)
{
  g_autoptr (GTask) task = take (self, id);

  if (task == NULL)
    return FALSE;
  g_task_return_pointer (task, ulak_node_ref (answer), (GDestroyNotify) ulak_node_unref);
  return TRUE;
}

/** ulak_pending_fail: Returns: whether somebody waited for @id */
gboolean
ulak_pending_fail (UlakPending *self, const char *id, const GError *error)
{
  g_autoptr (GTask) task = take (self, id);

  if (task == NULL)
    return FALSE;
  g_task_return_error (task, g_error_copy (error));
  return TRUE;
}

/** ulak_pending_fail_all: in the order in which they were added; what is added meanwhile stays */
void
ulak_pending_fail_all (UlakPending *self, const GError *error)
{
  for (guint left = g_hash_table_size (self->entries); left > 0 && self->order.head != NULL; left--)
    ulak_pending_fail (self, ((Entry *) self->order.head->data)->id, error);
}

guint
ulak_pending_count (const UlakPending *self)
{
  return g_hash_table_size (self->entries);
}

gint64
ulak_pending_get_oldest_age_us (const UlakPending *self)
{
  const Entry *oldest = self->order.head == NULL ? NULL : self->order.head->data;

  return oldest == NULL ? 0 : ulak_clock_get_monotonic_us (self->clock) - oldest->since_us;
}
