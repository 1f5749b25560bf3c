/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A flight ends with its message settled; then its lane may have another head.
 */
#include "connector/send-queue-private.h"

#include "connector/claim.h"
#include "core/messages.h"
#include "core/names.h"

/* After a fault of the database. */
#define FAULT_PAUSE_US G_USEC_PER_SEC

/* One head that left the window, until what is done with it is done. */
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
/* The lane may have another head now. */
static void
land (Flight *flight)
{
  g_autoptr (UlakSendQueue) self = g_object_ref (flight->queue);

  g_hash_table_remove (self->chats, flight->head->chat);
  flight_free (flight);
  self->wants_list = TRUE;
  ulak_send_queue_turn (self);
}

static void
stepped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  g_autoptr (GError) error = NULL;

  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_send_queue_pause_after (flight->queue, error);
  land (flight);
}

/* The lane rests; people see why if it is long. */
void
ulak_send_queue_rest (UlakSendQueue *self, UlakLaneHead *head, const char *reason, gint64 wait_us)
{
  gint64 until_us = ulak_send_queue_wall_us (self) + wait_us;

  ulak_line_store_hold_async (self->store, head, wait_us > ULAK_HOLD_SHOWN_US ? reason : NULL,
                              until_us, until_us, stepped_cb, flight_new (self, head));
}
/* --- sending --- */

static void
count_send (UlakSendQueue *self, const Flight *flight, UlakSendOutcome outcome)
{
  const char *word = outcome == ULAK_SEND_ACCEPTED ? "success"
                     : outcome == ULAK_SEND_RETRY  ? "skipped"
                                                   : "error";
  double seconds = (double) (ulak_send_queue_monotonic_us (self) - flight->started_us) / G_USEC_PER_SEC;

  ulak_metrics_add (self->metrics, "wp_panel_message_pipeline_task_total", ULAK_LABELS ("send", word), 1);
  ulak_metrics_observe (self->metrics, "wp_panel_message_pipeline_task_duration_seconds",
                        ULAK_LABELS ("send", word), seconds);
  if (outcome != ULAK_SEND_ACCEPTED)
    return;
  ulak_metrics_add (self->metrics, "wp_panel_message_pipeline_messages_total", ULAK_LABELS ("outgoing"), 1);
  ulak_metrics_observe (self->metrics, "wp_panel_message_pipeline_duration_seconds", ULAK_LABELS ("outgoing"),
                        (double) MAX (ulak_send_queue_wall_us (self) - flight->claim->accepted_us, 0) / G_USEC_PER_SEC);
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
          = MAX (self->line_until_us, ulak_send_queue_wall_us (self) + delay_us_of (self, result, self->line_failures));
      flight->due_us = self->line_until_us;
      return;
    }
  if (result->scope == ULAK_SEND_SCOPE_COLD)
    {
      self->cold_until_us = MAX (self->cold_until_us, ulak_send_queue_wall_us (self) + delay_us_of (self, result, tries));
      self->cold_reason = result->hold_reason != NULL ? result->hold_reason : "time_lock";
      flight->due_us = self->cold_until_us;
      return;
    }
  if (tries >= self->options.attempts)
    result->outcome = ULAK_SEND_FAILED;
  flight->due_us = ulak_send_queue_wall_us (self) + delay_us_of (self, result, tries);
}

/* Once more under the same id is harmless: at once, then with pauses, until the tries are used up. */
static void
plan_unknown (UlakSendQueue *self, Flight *flight)
{
  UlakSendResult *result = flight->result;
  guint tries = flight->claim->tries + 1;

  if (!ULAK_BACKEND_GET_CLASS (self->backend)->sends_idempotently || tries >= self->options.attempts)
    {
      flight->due_us = ulak_send_queue_wall_us (self) + self->options.unknown_wait_ms * 1000;
      return;
    }
  result->outcome = ULAK_SEND_RETRY;
  result->scope = ULAK_SEND_SCOPE_MESSAGE;
  flight->due_us = ulak_send_queue_wall_us (self) + (tries == 1 ? 0 : delay_us_of (self, result, tries - 1));
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
fly (Flight *flight)
{
  UlakSendQueue *self = flight->queue;
  const UlakOutbound outbound = ulak_claim_show (flight->claim, flight->head->is_cold);

  flight->started_us = ulak_send_queue_monotonic_us (self);
  ULAK_BACKEND_GET_CLASS (self->backend)->send_async (self->backend, &outbound, NULL, sent_cb, flight);
}

static void
claimed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flight *flight = user_data;
  UlakSendQueue *self = flight->queue;
  g_autoptr (GError) error = NULL;

  flight->claim = ulak_line_store_claim_finish (ULAK_LINE_STORE (source), result, &error);
  if (flight->claim == NULL)
    {
      ulak_send_queue_pause_after (self, error);
      self->in_flight--;
      land (flight);
      return;
    }
  fly (flight);
}

static void
take_pace (UlakSendQueue *self, const UlakLaneHead *head)
{
  gint64 now_us = ulak_send_queue_monotonic_us (self);

  ulak_pace_take (self->pace, head->chat, now_us);
  if (head->is_new)
    ulak_pace_take_contact (self->pace, now_us);
}

void
ulak_send_queue_launch (UlakSendQueue *self, UlakLaneHead *head)
{
  take_pace (self, head);
  self->in_flight++;
  ulak_line_store_claim_async (self->store, head, claimed_cb, flight_new (self, head));
}

void
ulak_send_queue_fly (UlakSendQueue *self, UlakLaneHead *head, UlakClaim *claim)
{
  Flight *flight = flight_new (self, head);

  take_pace (self, head);
  flight->claim = claim;
  fly (flight);
}

void
ulak_send_queue_close_unknown (UlakSendQueue *self, UlakLaneHead *head)
{
  ulak_line_store_close_unknown_async (self->store, head, stepped_cb, flight_new (self, head));
}
