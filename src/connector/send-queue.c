/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Every change ends in turn(), which does all that can be done now and sets one timer for the rest.
 */
#include "connector/send-queue.h"

#include "connector/pace.h"
#include "core/error.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"

/* Heads of each kind, warm and cold, that are looked at together. Enough for send_concurrency at any rate that the
 * networks allow; few enough to be read in a moment. */
#define WINDOW 64
/* The wall clock may be set back: no wait trusts it for longer. */
#define WAIT_MAX_US (60 * G_USEC_PER_SEC)
/* After a fault of the database. */
#define FAULT_PAUSE_US G_USEC_PER_SEC

struct _UlakSendQueue
{
  GObject parent_instance;

  UlakLineStore *store; /* (owned) */
  UlakClock *clock;     /* (owned) */
  UlakRandom *random;   /* (owned) */
  UlakMetrics *metrics; /* (owned) */
  UlakBackend *backend; /* (owned) (nullable) */
  UlakSendQueueOptions options;
  UlakPace *pace; /* (owned) */
  gboolean holds_unknown;
  UlakHours quiet_hours;
  GTimeZone *zone; /* (owned): of the machine */

  GPtrArray *window; /* (owned) (element-type UlakLaneHead): in the order in which they may go */
  GHashTable *chats; /* (owned) (element-type utf8): of the window and of what is being done */
  guint in_flight;
  gboolean is_ready;
  gint64 unready_since_us; /* monotonic */
  guint line_failures;     /* refusals of the whole line in a row */
  gint64 line_until_us;    /* wall clock: nothing leaves before */
  gint64 cold_until_us;    /* wall clock: nothing leaves before to chats that did not write lately */
  const char *cold_reason; /* (static) */

  gboolean wants_list;
  gboolean is_listing;
  gboolean is_expiring;
  gboolean is_shifting;
  gint64 offset_us;   /* see ulak_clock_take_set_back_us() */
  gint64 set_back_us; /* not yet told to the store */
  gint64 next_due_us;
  gint64 next_expiry_us;
  gint64 pause_until_us; /* monotonic: after a fault of the database */
  guint timer;
  gboolean is_draining; /* for good */
  GTask *draining;      /* (owned) (nullable): until nothing is in flight */
};

G_DEFINE_FINAL_TYPE (UlakSendQueue, ulak_send_queue, G_TYPE_OBJECT)

static void turn (UlakSendQueue *self);

static void
ulak_send_queue_dispose (GObject *object)
{
  UlakSendQueue *self = ULAK_SEND_QUEUE (object);

  if (self->clock != NULL)
    ulak_clock_clear_timer (self->clock, &self->timer);
  g_clear_pointer (&self->window, g_ptr_array_unref);
  g_clear_pointer (&self->chats, g_hash_table_unref);
  g_clear_pointer (&self->pace, ulak_pace_free);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_clear_pointer (&self->metrics, ulak_metrics_unref);
  g_clear_object (&self->backend);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (ulak_send_queue_parent_class)->dispose (object);
}

static void
ulak_send_queue_class_init (UlakSendQueueClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_send_queue_dispose;
}

static void
ulak_send_queue_init (UlakSendQueue *self)
{
  self->window = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_lane_head_free);
  self->chats = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->next_due_us = ULAK_NEVER_US;
  self->next_expiry_us = ULAK_NEVER_US;
  self->wants_list = TRUE;
}

static gint64
wall_us (UlakSendQueue *self)
{
  return ulak_clock_get_wall_us (self->clock);
}

static gint64
monotonic_us (UlakSendQueue *self)
{
  return ulak_clock_get_monotonic_us (self->clock);
}

/* --- one head that left the window, until what is done with it is done --- */

typedef struct
{
  UlakSendQueue *queue;   /* (owned) */
  UlakLaneHead *head;     /* (owned) */
  UlakClaim *claim;       /* (owned) (nullable) */
  UlakSendResult *result; /* (owned) (nullable) */
  gint64 started_us;      /* monotonic */
  gint64 due_us;
} Flight;

static Flight *
flight_new (UlakSendQueue *self, UlakLaneHead *head)
{
  Flight *flight = g_new0 (Flight, 1);

  flight->queue = g_object_ref (self);
  flight->head = head;
  return flight;
}

static void
flight_free (Flight *flight)
{
  g_object_unref (flight->queue);
  ulak_lane_head_free (flight->head);
  ulak_claim_free (flight->claim);
  ulak_send_result_free (flight->result);
  g_free (flight);
}

static void
pause_after (UlakSendQueue *self, const GError *error)
{
  if (error != NULL && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    self->pause_until_us = monotonic_us (self) + FAULT_PAUSE_US;
}

/* The lane may have another head now. */
static void
land (Flight *flight)
{
  g_autoptr (UlakSendQueue) self = g_object_ref (flight->queue);

  g_hash_table_remove (self->chats, flight->head->chat);
  flight_free (flight);
  self->wants_list = TRUE;
  turn (self);
}

static void
stepped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  g_autoptr (GError) error = NULL;

  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    pause_after (flight->queue, error);
  land (flight);
}

/* The lane rests; people see why if it is long. */
static void
rest (UlakSendQueue *self, UlakLaneHead *head, const char *reason, gint64 wait_us)
{
  gint64 until_us = wall_us (self) + wait_us;

  ulak_line_store_hold_async (self->store, head, wait_us > ULAK_HOLD_SHOWN_US ? reason : NULL,
                              until_us, until_us, stepped_cb, flight_new (self, head));
}

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

/* --- sending --- */

static void
count_send (UlakSendQueue *self, const Flight *flight, UlakSendOutcome outcome)
{
  const char *word = outcome == ULAK_SEND_ACCEPTED ? "success"
                     : outcome == ULAK_SEND_RETRY  ? "skipped"
                                                   : "error";
  double seconds = (double) (monotonic_us (self) - flight->started_us) / G_USEC_PER_SEC;

  ulak_metrics_add (self->metrics, "wp_panel_message_pipeline_task_total", ULAK_LABELS ("send", word), 1);
  ulak_metrics_observe (self->metrics, "wp_panel_message_pipeline_task_duration_seconds",
                        ULAK_LABELS ("send", word), seconds);
  if (outcome != ULAK_SEND_ACCEPTED)
    return;
  ulak_metrics_add (self->metrics, "wp_panel_message_pipeline_messages_total", ULAK_LABELS ("outgoing"), 1);
  ulak_metrics_observe (self->metrics, "wp_panel_message_pipeline_duration_seconds", ULAK_LABELS ("outgoing"),
                        (double) MAX (wall_us (self) - flight->claim->accepted_us, 0) / G_USEC_PER_SEC);
}

static void
log_failure (const Flight *flight)
{
  const char *code = flight->result->error_code;

  ulak_log_message (ULAK_MESSAGE_MESSAGE_FAILED,
                    ULAK_FIELDS (ULAK_FIELD_MESSAGE_ID, flight->claim->id, ULAK_FIELD_ERROR_CODE, code),
                    "A message failed after %u %s: %s", flight->claim->tries + 1,
                    flight->claim->tries == 0 ? "try" : "tries", code);
}

static void settle (Flight *flight);

static void
settle_again_cb (gpointer user_data)
{
  settle (user_data);
}

static void
settled_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  UlakSendQueue *self = flight->queue;
  g_autoptr (GError) error = NULL;

  if (!ulak_line_store_settle_finish (ULAK_LINE_STORE (source), result, &error)
      && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE))
    {
      /* The outcome is known and must not be lost to a full disk: it is written when that is over. */
      ulak_clock_add_timer (self->clock, FAULT_PAUSE_US, settle_again_cb, flight);
      return;
    }
  self->in_flight--;
  land (flight);
}

static void
settle (Flight *flight)
{
  UlakSettlement settlement = {
    .sequence = flight->claim->sequence,
    .chat = flight->claim->chat,
    .outcome = flight->result->outcome,
    .result = flight->result,
    .due_us = flight->due_us,
    .is_counted = flight->result->scope != ULAK_SEND_SCOPE_LINE && flight->result->scope != ULAK_SEND_SCOPE_COLD,
  };

  ulak_line_store_settle_async (flight->queue->store, &settlement, settled_cb, flight);
}

static gint64
delay_us_of (UlakSendQueue *self, const UlakSendResult *result, guint failures)
{
  return MAX (result->retry_after_ms, ulak_backoff_next_ms (&self->options.backoff, failures, self->random))
         * 1000;
}

static void
plan_retry (UlakSendQueue *self, Flight *flight)
{
  UlakSendResult *result = flight->result;
  guint tries = flight->claim->tries + 1;

  if (result->scope == ULAK_SEND_SCOPE_LINE)
    {
      self->line_failures++;
      self->line_until_us
          = MAX (self->line_until_us, wall_us (self) + delay_us_of (self, result, self->line_failures));
      flight->due_us = self->line_until_us;
      return;
    }
  if (result->scope == ULAK_SEND_SCOPE_COLD)
    {
      self->cold_until_us = MAX (self->cold_until_us, wall_us (self) + delay_us_of (self, result, tries));
      self->cold_reason = result->hold_reason != NULL ? result->hold_reason : "time_lock";
      flight->due_us = self->cold_until_us;
      return;
    }
  if (tries >= self->options.attempts)
    result->outcome = ULAK_SEND_FAILED;
  flight->due_us = wall_us (self) + delay_us_of (self, result, tries);
}

/* Once more under the same id is harmless: at once, then with pauses, until the tries are used up. */
static void
plan_unknown (UlakSendQueue *self, Flight *flight)
{
  UlakSendResult *result = flight->result;
  guint tries = flight->claim->tries + 1;

  if (!ULAK_BACKEND_GET_CLASS (self->backend)->sends_idempotently || tries >= self->options.attempts)
    {
      flight->due_us = wall_us (self) + self->options.unknown_wait_ms * 1000;
      return;
    }
  result->outcome = ULAK_SEND_RETRY;
  result->scope = ULAK_SEND_SCOPE_MESSAGE;
  flight->due_us = wall_us (self) + (tries == 1 ? 0 : delay_us_of (self, result, tries - 1));
}

static void
plan (UlakSendQueue *self, Flight *flight)
{
  UlakSendResult *result = flight->result;

  switch (result->outcome)
    {
    case ULAK_SEND_ACCEPTED:
      self->line_failures = 0;
      break;
    case ULAK_SEND_RETRY:
      plan_retry (self, flight);
      break;
    case ULAK_SEND_FAILED:
      break;
    case ULAK_SEND_UNKNOWN:
      plan_unknown (self, flight);
      break;
    }
  if (result->error_code == NULL && result->outcome != ULAK_SEND_ACCEPTED)
    result->error_code
        = g_strdup (result->outcome == ULAK_SEND_UNKNOWN ? "E_UNKNOWN_OUTCOME" : "E_SEND_FAILED");
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  UlakSendQueue *self = flight->queue;

  flight->result = ULAK_BACKEND_GET_CLASS (source)->send_finish (ULAK_BACKEND (source), result);
  plan (self, flight);
  count_send (self, flight, flight->result->outcome);
  if (flight->result->outcome == ULAK_SEND_FAILED)
    log_failure (flight);
  settle (flight);
}

static void
claimed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  UlakSendQueue *self = flight->queue;
  g_autoptr (GError) error = NULL;
  UlakOutbound outbound;

  flight->claim = ulak_line_store_claim_finish (ULAK_LINE_STORE (source), result, &error);
  if (flight->claim == NULL)
    {
      pause_after (self, error);
      self->in_flight--;
      land (flight);
      return;
    }
  outbound = (UlakOutbound){
    .id = flight->claim->id,
    .chat = flight->claim->chat,
    .message = flight->claim->message,
    .reply_to_network_id = flight->claim->reply_to_network_id,
    .tries = flight->claim->tries,
    .reply_to = flight->claim->reply_to,
    .target = flight->claim->target,
    .contact = flight->claim->contact,
    .is_cold = flight->head->is_cold,
    .accepted_us = flight->claim->accepted_us,
  };
  flight->started_us = monotonic_us (self);
  ULAK_BACKEND_GET_CLASS (self->backend)->send_async (self->backend, &outbound, NULL, sent_cb, flight);
}

static void
launch (UlakSendQueue *self, UlakLaneHead *head)
{
  ulak_pace_take (self->pace, head->chat, monotonic_us (self));
  if (head->is_new)
    ulak_pace_take_contact (self->pace, monotonic_us (self));
  self->in_flight++;
  ulak_line_store_claim_async (self->store, head, claimed_cb, flight_new (self, head));
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
      pause_after (self, error);
      self->wants_list = TRUE;
    }
  else
    {
      self->next_due_us = heads->next_due_us;
      self->next_expiry_us = heads->next_expiry_us;
      take_heads (self, heads->heads);
    }
  turn (self);
}

static void
list (UlakSendQueue *self)
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
expired_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendQueue) self = user_data;
  g_autoptr (GError) error = NULL;

  self->is_expiring = FALSE;
  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    pause_after (self, error);
  self->wants_list = TRUE;
  turn (self);
}

static void
shifted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendQueue) self = user_data;
  g_autoptr (GError) error = NULL;

  self->is_shifting = FALSE;
  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    pause_after (self, error);
  else
    self->set_back_us = 0;
  self->wants_list = TRUE;
  turn (self);
}

/* Times to come are wall clock, so that they survive a restart. */
static void
follow_clock (UlakSendQueue *self)
{
  gint64 step_us = self->is_shifting ? 0 : ulak_clock_take_set_back_us (self->clock, &self->offset_us);

  self->line_until_us -= step_us;
  self->cold_until_us -= step_us;
  self->set_back_us += step_us;
  if (self->set_back_us == 0 || self->is_shifting)
    return;
  self->is_shifting = TRUE;
  ulak_line_store_set_back_async (self->store, self->set_back_us, shifted_cb, g_object_ref (self));
}

/* --- the turn --- */

const char *
ulak_send_queue_get_hold (UlakSendQueue *self, gint64 *until_us_out)
{
  gint64 now_us = wall_us (self);

  if (until_us_out != NULL)
    *until_us_out = 0;
  if (!self->is_ready)
    return "disconnected";
  if (self->line_until_us <= now_us)
    return NULL;
  if (until_us_out != NULL)
    *until_us_out = self->line_until_us;
  return "retry";
}

static void
wake_at (gint64 *wake_us, gint64 at_us)
{
  *wake_us = MIN (*wake_us, at_us);
}

/* Nothing may leave: show it on what would, once it is long. */
static void
show_hold (UlakSendQueue *self, const char *reason, gint64 until_us, gint64 *wake_us)
{
  gint64 shown_in_us = ULAK_HOLD_SHOWN_US - (monotonic_us (self) - self->unready_since_us);

  if (until_us != 0)
    wake_at (wake_us, until_us);
  if (until_us != 0 ? until_us - wall_us (self) <= ULAK_HOLD_SHOWN_US : shown_in_us > 0)
    {
      if (until_us == 0)
        wake_at (wake_us, wall_us (self) + shown_in_us);
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

/* What holds a chat that did not write lately, until when (wall clock); NULL: nothing. */
static const char *
get_cold_hold (UlakSendQueue *self, const UlakLaneHead *head, guint new_ahead, gint64 *until_us_out)
{
  gint64 now_us = wall_us (self);
  gint64 quiet_us, wait_us;

  if (!head->is_cold)
    return NULL;
  *until_us_out = self->cold_until_us;
  if (self->cold_until_us > now_us)
    return self->cold_reason;
  quiet_us = ulak_hours_get_end_us (&self->quiet_hours, self->zone, now_us);
  *until_us_out = quiet_us;
  if (quiet_us > now_us)
    return "quiet_hours";
  wait_us = head->is_new ? ulak_pace_get_contact_wait_us (self->pace, monotonic_us (self), new_ahead) : 0;
  *until_us_out = now_us + wait_us;
  return wait_us > 0 ? "new_contact" : NULL;
}

/* What becomes of one head now. Returns whether it left the window. */
static gboolean
move_head (UlakSendQueue *self, UlakLaneHead *head, Ahead *ahead, gint64 *wake_us)
{
  gint64 now_us = monotonic_us (self);
  gint64 wait_us, until_us;
  const char *cold;

  if (head->is_unknown && (self->holds_unknown || head->tries >= self->options.attempts))
    {
      ulak_line_store_close_unknown_async (self->store, head, stepped_cb, flight_new (self, head));
      return TRUE;
    }
  cold = get_cold_hold (self, head, ahead->people, &until_us);
  if (cold != NULL)
    {
      ahead->people += head->is_new ? 1 : 0;
      rest (self, head, cold, until_us - wall_us (self));
      return TRUE;
    }
  wait_us = ulak_pace_get_pair_wait_us (self->pace, head->chat, now_us);
  if (wait_us > 0)
    {
      rest (self, head, "rate_recipient", wait_us);
      return TRUE;
    }
  wait_us = ulak_pace_get_line_wait_us (self->pace, now_us, ahead->messages);
  if (wait_us > 0)
    {
      ahead->messages++;
      wake_at (wake_us, wall_us (self) + wait_us);
      if (wait_us > ULAK_HOLD_SHOWN_US)
        mark (self, head, "rate_line", wall_us (self) + wait_us);
      return FALSE;
    }
  launch (self, head);
  return TRUE;
}

static void
move_heads (UlakSendQueue *self, gint64 *wake_us)
{
  guint limit
      = self->line_failures > 0 ? 1 : self->options.concurrency; /* one probe after a refusal of the line */
  Ahead ahead = { 0 };

  for (guint i = 0; i < self->window->len && self->in_flight < limit;)
    {
      UlakLaneHead *head = g_ptr_array_index (self->window, i);

      if (move_head (self, head, &ahead, wake_us))
        g_ptr_array_steal_index (self->window, i);
      else
        i++;
    }
}

static void
timer_cb (gpointer user_data)
{
  UlakSendQueue *self = user_data;

  self->timer = 0;
  if (self->next_due_us <= wall_us (self))
    {
      self->next_due_us = ULAK_NEVER_US;
      self->wants_list = TRUE;
    }
  turn (self);
}

static void
set_timer (UlakSendQueue *self, gint64 wake_us)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
  if (wake_us != ULAK_NEVER_US)
    self->timer = ulak_clock_add_timer (self->clock, CLAMP (wake_us - wall_us (self), 0, WAIT_MAX_US), timer_cb, self);
}

static void
end_drain (UlakSendQueue *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->in_flight > 0 || self->draining == NULL)
    return;
  task = g_steal_pointer (&self->draining);
  g_task_return_boolean (task, TRUE);
}

static void
turn (UlakSendQueue *self)
{
  gint64 wake_us = ULAK_NEVER_US;
  gint64 until_us;
  const char *hold;

  if (self->is_draining)
    {
      ulak_clock_clear_timer (self->clock, &self->timer);
      end_drain (self);
      return;
    }
  if (self->backend == NULL)
    return;
  if (self->pause_until_us > monotonic_us (self))
    {
      set_timer (self, wall_us (self) + self->pause_until_us - monotonic_us (self));
      return;
    }
  follow_clock (self);
  hold = ulak_send_queue_get_hold (self, &until_us);
  if (hold != NULL)
    show_hold (self, hold, until_us, &wake_us);
  else
    move_heads (self, &wake_us);
  if (self->next_expiry_us <= wall_us (self) && !self->is_expiring)
    {
      self->is_expiring = TRUE;
      self->next_expiry_us = ULAK_NEVER_US;
      ulak_line_store_expire_async (self->store, expired_cb, g_object_ref (self));
    }
  if (self->wants_list && !self->is_listing)
    list (self);
  wake_at (&wake_us, self->next_due_us);
  wake_at (&wake_us, self->next_expiry_us);
  set_timer (self, wake_us);
}

/* --- for the line --- */

static void
set_pace (UlakSendQueue *self, const UlakLineSettings *settings)
{
  UlakPaceLimits limits = {
    .rate_per_second = settings->rate_per_second,
    .rate_per_minute = settings->rate_per_minute,
    .pair_interval_ms = settings->pair_interval_ms,
    .pair_burst = settings->pair_burst,
    .contact_interval_ms = settings->new_contact_interval_s * 1000,
  };

  if (self->pace == NULL)
    self->pace = ulak_pace_new (&limits);
  else
    ulak_pace_set_limits (self->pace, &limits);
}

/** ulak_send_queue_new: nothing is sent before a backend is set and the line is ready */
UlakSendQueue *
ulak_send_queue_new (UlakLineStore *store,
                     UlakClock *clock,
                     UlakRandom *random,
                     UlakMetrics *metrics,
                     const UlakSendQueueOptions *options)
{
  UlakSendQueue *self = g_object_new (ULAK_TYPE_SEND_QUEUE, NULL);
  UlakLineSettings settings;

  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  self->metrics = ulak_metrics_ref (metrics);
  self->options = *options;
  self->zone = g_time_zone_new_local ();
  self->unready_since_us = monotonic_us (self);
  ulak_line_settings_init (&settings);
  set_pace (self, &settings);
  return self;
}

void
ulak_send_queue_set_backend (UlakSendQueue *self, UlakBackend *backend)
{
  g_set_object (&self->backend, backend);
  turn (self);
}

void
ulak_send_queue_apply_settings (UlakSendQueue *self, const UlakLineSettings *settings)
{
  self->holds_unknown = settings->holds_unknown;
  self->quiet_hours = settings->quiet_hours;
  set_pace (self, settings);
  turn (self);
}

void
ulak_send_queue_set_ready (UlakSendQueue *self, gboolean is_ready)
{
  if (self->is_ready == is_ready)
    return;
  self->is_ready = is_ready;
  self->unready_since_us = monotonic_us (self);
  turn (self);
}

void
ulak_send_queue_kick (UlakSendQueue *self)
{
  self->wants_list = TRUE;
  turn (self);
}

static void
retried_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendQueue) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    pause_after (self, error);
  ulak_send_queue_kick (self);
}

void
ulak_send_queue_retry_held (UlakSendQueue *self, const char *reason)
{
  if (g_strcmp0 (reason, self->cold_reason) == 0)
    self->cold_until_us = 0;
  ulak_line_store_retry_held_async (self->store, reason, retried_cb, g_object_ref (self));
}

guint
ulak_send_queue_get_in_flight (UlakSendQueue *self)
{
  return self->in_flight;
}

void
ulak_send_queue_drain_async (UlakSendQueue *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (!self->is_draining);

  self->is_draining = TRUE;
  self->draining = g_task_new (self, NULL, callback, user_data);
  turn (self);
}

gboolean
ulak_send_queue_drain_finish (UlakSendQueue *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
