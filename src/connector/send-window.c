/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The window is read from the database when it runs low, and sorted: answers before cold messages, the oldest first.
 */
#include "connector/send-queue-private.h"

/* Heads of each kind, warm and cold, that are looked at together. Enough for send_concurrency at any rate that the
 * networks allow; few enough to be read in a moment. */
#define WINDOW 64

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendQueue) self = user_data;
  g_autoptr (GError) error = NULL;

  /* Only what people see: the message waits in the window all the same. */
  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_log_debug (NULL, "A hold was not written: %s", error->message);
}

static void
mark (UlakSendQueue *self, UlakLaneHead *head, const char *reason, gint64 until_us)
{
  if (g_strcmp0 (head->hold_reason, reason) == 0)
    return;
  g_free (head->hold_reason);
  head->hold_reason = g_strdup (reason);
  ulak_line_store_hold_async (self->store, head, reason, until_us, 0, marked_cb, g_object_ref (self));
}

/* --- the window --- */

static gint
compare_heads (gconstpointer a, gconstpointer b)
{
  const UlakLaneHead *left = *(UlakLaneHead *const *) a, *right = *(UlakLaneHead *const *) b;

  if (left->is_cold != right->is_cold)
    return left->is_cold ? 1 : -1;
  if (left->due_us != right->due_us)
    return left->due_us < right->due_us ? -1 : 1;
  return left->sequence < right->sequence ? -1 : 1;
}

static guint
count_cold (UlakSendQueue *self)
{
  guint n = 0;

  for (guint i = 0; i < self->window->len; i++)
    n += ((UlakLaneHead *) g_ptr_array_index (self->window, i))->is_cold ? 1 : 0;
  return n;
}

static void
take_heads (UlakSendQueue *self, GPtrArray *heads)
{
  g_ptr_array_set_free_func (heads, NULL);
  for (guint i = 0; i < heads->len; i++)
    {
      UlakLaneHead *head = g_ptr_array_index (heads, i);

      if (g_hash_table_add (self->chats, g_strdup (head->chat)))
        g_ptr_array_add (self->window, head);
      else
        ulak_lane_head_free (head);
    }
  g_ptr_array_sort (self->window, compare_heads);
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendQueue) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakLaneHeads) heads
      = ulak_line_store_list_heads_finish (ULAK_LINE_STORE (source), result, &error);

  self->is_listing = FALSE;
  if (heads == NULL)
    {
      ulak_send_queue_pause_after (self, error);
      self->wants_list = TRUE;
    }
  else
    {
      self->next_due_us = heads->next_due_us;
      self->next_expiry_us = heads->next_expiry_us;
      take_heads (self, heads->heads);
    }
  ulak_send_queue_turn (self);
}

void
ulak_send_queue_list (UlakSendQueue *self)
{
  guint busy = g_hash_table_size (self->chats);
  guint n_cold = count_cold (self);
  guint n_warm = self->window->len - n_cold;

  self->wants_list = FALSE;
  self->is_listing = TRUE;
  ulak_line_store_list_heads_async (self->store, n_warm < WINDOW ? WINDOW + busy : 0,
                                    n_cold < WINDOW ? WINDOW + busy : 0, listed_cb, g_object_ref (self));
}
static void
wake_at (gint64 *wake_us, gint64 at_us)
{
  *wake_us = MIN (*wake_us, at_us);
}

/* Nothing may leave: show it on what would, once it is long. */
void
ulak_send_queue_show_hold (UlakSendQueue *self, const char *reason, gint64 until_us, gint64 *wake_us)
{
  gint64 shown_in_us = ULAK_HOLD_SHOWN_US - (ulak_send_queue_monotonic_us (self) - self->unready_since_us);

  if (until_us != 0)
    wake_at (wake_us, until_us);
  if (until_us != 0 ? until_us - ulak_send_queue_wall_us (self) <= ULAK_HOLD_SHOWN_US : shown_in_us > 0)
    {
      if (until_us == 0)
        wake_at (wake_us, ulak_send_queue_wall_us (self) + shown_in_us);
      return;
    }
  for (guint i = 0; i < self->window->len; i++)
    mark (self, g_ptr_array_index (self->window, i), reason, until_us);
}

/* What waits in the window before a head. */
typedef struct
{
  guint messages; /* for the line's pace */
  guint people;   /* for the pace of new ones */
} Ahead;

const char *
ulak_send_queue_get_cold_hold (UlakSendQueue *self, gint64 *until_us_out)
{
  gint64 now_us = ulak_send_queue_wall_us (self);

  *until_us_out = self->cold_until_us;
  if (self->cold_until_us > now_us)
    return self->cold_reason;
  *until_us_out = ulak_hours_get_end_us (&self->quiet_hours, self->zone, now_us);
  return *until_us_out > now_us ? "quiet_hours" : NULL;
}

/* What holds a head whose chat did not write lately, until when (wall clock); NULL: nothing. */
static const char *
get_head_hold (UlakSendQueue *self, const UlakLaneHead *head, guint new_ahead, gint64 *until_us_out)
{
  const char *reason = head->is_cold ? ulak_send_queue_get_cold_hold (self, until_us_out) : NULL;
  gint64 wait_us;

  if (reason != NULL || !head->is_cold || !head->is_new)
    return reason;
  wait_us = ulak_pace_get_contact_wait_us (self->pace, ulak_send_queue_monotonic_us (self), new_ahead);
  *until_us_out = ulak_send_queue_wall_us (self) + wait_us;
  return wait_us > 0 ? "new_contact" : NULL;
}

/* What becomes of one head now. Returns whether it left the window. */
static gboolean
move_head (UlakSendQueue *self, UlakLaneHead *head, Ahead *ahead, gint64 *wake_us)
{
  gint64 now_us = ulak_send_queue_monotonic_us (self);
  gint64 wait_us, until_us;
  const char *cold;

  if (head->is_unknown && (self->holds_unknown || head->tries >= self->options.attempts))
    {
      ulak_send_queue_close_unknown (self, head);
      return TRUE;
    }
  cold = get_head_hold (self, head, ahead->people, &until_us);
  if (cold != NULL)
    {
      ahead->people += head->is_new ? 1 : 0;
      ulak_send_queue_rest (self, head, cold, until_us - ulak_send_queue_wall_us (self));
      return TRUE;
    }
  wait_us = ulak_pace_get_pair_wait_us (self->pace, head->chat, now_us);
  if (wait_us > 0)
    {
      ulak_send_queue_rest (self, head, "rate_recipient", wait_us);
      return TRUE;
    }
  wait_us = ulak_pace_get_line_wait_us (self->pace, now_us, ahead->messages);
  if (wait_us > 0)
    {
      ahead->messages++;
      wake_at (wake_us, ulak_send_queue_wall_us (self) + wait_us);
      if (wait_us > ULAK_HOLD_SHOWN_US)
        mark (self, head, "rate_line", ulak_send_queue_wall_us (self) + wait_us);
      return FALSE;
    }
  ulak_send_queue_launch (self, head);
  return TRUE;
}

void
ulak_send_queue_move_heads (UlakSendQueue *self, gint64 *wake_us)
{
  guint limit
      = self->line_failures > 0 ? 1 : self->options.concurrency; /* one probe after a refusal of the line */
  Ahead ahead = { .messages = self->n_permits }; /* those may leave any moment */

  for (guint i = 0; i < self->window->len && self->in_flight < limit;)
    {
      UlakLaneHead *head = g_ptr_array_index (self->window, i);

      if (move_head (self, head, &ahead, wake_us))
        g_ptr_array_steal_index (self->window, i);
      else
        i++;
    }
}
