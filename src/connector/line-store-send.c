/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sending: what the queue asks of the database before a try: the claim of a head, a hold, and what ends one.
 */
#include "connector/claim.h"
#include "connector/events.h"
#include "connector/lanes.h"
#include "connector/line-work.h"
#include "connector/sql.h"
#include "core/error.h"

/* --- a step on one head --- */

typedef struct
{
  UlakLineWork head;
  gint64 sequence;
  char *chat;
  char *event_id;
  char *reason; /* (nullable) */
  gint64 until_us;
  gint64 delay_us;
  UlakClaim *claim; /* out */
} Step;

static void
step_free (gpointer data)
{
  Step *self = data;

  g_free (self->chat);
  g_free (self->event_id);
  g_free (self->reason);
  ulak_claim_free (self->claim);
  g_free (self);
}

static Step *
step_new (UlakLineStore *store, const UlakLaneHead *head)
{
  Step *self = g_new0 (Step, 1);

  self->event_id = ulak_line_store_new_id (store);
  self->sequence = head == NULL ? 0 : head->sequence;
  self->chat = head == NULL ? NULL : g_strdup (head->chat);
  return self;
}

/* Out of date heads are normal: a status may have closed the message since it was listed. */
static gboolean
refuse (gint64 sequence, GError **error)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND,
               "Message number %" G_GINT64_FORMAT " does not wait to be sent", sequence);
  return FALSE;
}

static gboolean
find_open (UlakDatabase *database, gint64 sequence, UlakStatement **row_out, GError **error)
{
  if (!ulak_sql_find (database, ULAK_SQL ("message-by-sequence"),
                      ULAK_BINDINGS (ULAK_INTEGER ("sequence", sequence)), row_out, error))
    return FALSE;
  return (*row_out != NULL && ulak_statement_get_integer (*row_out, "open") != 0) || refuse (sequence, error);
}

/** ulak_line_work_claim: *claim_out: (transfer full) */
gboolean
ulak_line_work_claim (UlakDatabase *database,
                      UlakLineWork *work,
                      gint64 sequence,
                      const char *chat,
                      UlakClaim **claim_out,
                      GError **error)
{
  g_autoptr (UlakClaim) claim = g_new0 (UlakClaim, 1);
  UlakStatement *row;
  gboolean is_taken;

  if (!find_open (database, sequence, &row, error))
    return FALSE;
  if (!ulak_statement_is_null (row, "expires_us") && ulak_statement_get_integer (row, "expires_us") <= work->now_us)
    return refuse (sequence, error);
  if (ulak_status_is_held (ulak_statement_get_text (row, "status")))
    work->held_change--;
  if (!ulak_claim_fill (database, row, claim, error) || !ulak_lanes_claim (database, chat, sequence, &is_taken, error))
    return FALSE;
  if (!is_taken)
    return refuse (sequence, error);
  if (!ulak_sql_run (database, ULAK_SQL ("message-claim"), ULAK_BINDINGS (ULAK_INTEGER ("sequence", sequence)), error))
    return FALSE;
  *claim_out = g_steal_pointer (&claim);
  return TRUE;
}

static gboolean
claim_run (UlakDatabase *database, gpointer data, GError **error)
{
  Step *self = data;

  ulak_line_work_start (self);
  g_clear_pointer (&self->claim, ulak_claim_free);
  return ulak_line_work_claim (database, &self->head, self->sequence, self->chat, &self->claim, error);
}

static void
claim_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_pointer (task, g_steal_pointer (&((Step *) work)->claim), (GDestroyNotify) ulak_claim_free);
}

void
ulak_line_store_claim_async (UlakLineStore *self,
                             const UlakLaneHead *head,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  ulak_line_store_write (self, claim_run, step_new (self, head), step_free, claim_done,
                         g_task_new (self, NULL, callback, user_data));
}

UlakClaim *
ulak_line_store_claim_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
hold_run (UlakDatabase *database, gpointer data, GError **error)
{
  Step *self = data;
  UlakStatement *row;
  gboolean is_new;
  g_autofree char *status = NULL;

  ulak_line_work_start (self);
  if (!find_open (database, self->sequence, &row, error))
    return FALSE;
  status = g_strdup (ulak_statement_get_text (row, "status"));
  if (g_str_equal (status, "sending"))
    return refuse (self->sequence, error);
  is_new = g_strcmp0 (self->reason, ulak_statement_get_text (row, "hold_reason")) != 0;
  if (self->delay_us != 0 && !ulak_lanes_delay (database, self->chat, self->delay_us, error))
    return FALSE;
  if (self->reason == NULL)
    return TRUE;
  self->head.held_change = ulak_status_is_held (status) ? 0 : 1;
  return ulak_sql_run (
             database, ULAK_SQL ("message-hold"),
             ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence),
                            ULAK_TEXT ("status", g_str_equal (status, "unknown") ? "unknown" : "held"),
                            ULAK_TEXT ("reason", self->reason), ULAK_INTEGER ("until_us", self->until_us)),
             error)
         && (!is_new
             || ulak_events_put_message (database, &self->head, self->event_id, "message.held", self->sequence,
                                         self->head.now_us, error));
}

void
ulak_line_store_hold_async (UlakLineStore *self,
                            const UlakLaneHead *head,
                            const char *reason,
                            gint64 until_us,
                            gint64 delay_us,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Step *step = step_new (self, head);

  step->reason = g_strdup (reason);
  step->until_us = until_us;
  step->delay_us = delay_us;
  ulak_line_store_write (self, hold_run, step, step_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}

/** ulak_line_work_close_unknown: the outcome stays unknown; the lane moves on, and an event tells */
gboolean
ulak_line_work_close_unknown (UlakDatabase *database,
                              UlakLineWork *work,
                              gint64 sequence,
                              const char *chat,
                              const char *event_id,
                              GError **error)
{
  work->depth_change--;
  return ulak_sql_run (database, ULAK_SQL ("message-close"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", sequence)), error)
         && ulak_lanes_leave (database, chat, sequence, error)
         && ulak_events_put_message (database, work, event_id, "message.held", sequence, work->now_us, error);
}

static gboolean
close_unknown_run (UlakDatabase *database, gpointer data, GError **error)
{
  Step *self = data;
  UlakStatement *row;

  ulak_line_work_start (self);
  if (!find_open (database, self->sequence, &row, error))
    return FALSE;
  if (!g_str_equal (ulak_statement_get_text (row, "status"), "unknown"))
    return refuse (self->sequence, error);
  self->head.held_change--;
  return ulak_line_work_close_unknown (database, &self->head, self->sequence, self->chat, self->event_id, error);
}

void
ulak_line_store_close_unknown_async (UlakLineStore *self,
                                     const UlakLaneHead *head,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  ulak_line_store_write (self, close_unknown_run, step_new (self, head), step_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}

/* --- what was held for a reason that is over --- */

static gboolean
retry_held_run (UlakDatabase *database, gpointer data, GError **error)
{
  Step *self = data;

  ulak_line_work_start (self);
  return ulak_sql_run (database, ULAK_SQL ("lanes-retry"),
                       ULAK_BINDINGS (ULAK_TEXT ("reason", self->reason), ULAK_INTEGER ("now_us", self->head.now_us)),
                       error);
}

void
ulak_line_store_retry_held_async (UlakLineStore *self,
                                  const char *reason,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  Step *step = step_new (self, NULL);

  step->reason = g_strdup (reason);
  ulak_line_store_write (self, retry_held_run, step, step_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}

/* --- a clock that was set back --- */

typedef struct
{
  UlakLineWork head;
  gint64 step_us;
} SetBack;

static gboolean
set_back_run (UlakDatabase *database, gpointer data, GError **error)
{
  SetBack *self = data;
  const UlakBinding *bindings
      = ULAK_BINDINGS (ULAK_INTEGER ("step_us", self->step_us), ULAK_INTEGER ("now_us", self->head.now_us));

  ulak_line_work_start (self);
  return ulak_sql_run (database, ULAK_SQL ("lanes-shift"), bindings, error)
         && ulak_sql_run (database, ULAK_SQL ("messages-shift"), bindings, error);
}

void
ulak_line_store_set_back_async (UlakLineStore *self,
                                gint64 step_us,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  SetBack *work = g_new0 (SetBack, 1);

  work->step_us = step_us;
  ulak_line_store_write (self, set_back_run, work, g_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}
