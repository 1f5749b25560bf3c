/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sending: what the queue asks of the database before a try: which heads may go, the claim of one, a hold.
 */
#include "connector/contact-book.h"
#include "connector/events.h"
#include "connector/lanes.h"
#include "connector/line-work.h"
#include "connector/message-check.h"
#include "connector/sql.h"
#include "connector/stored-message.h"
#include "core/error.h"
#include "core/id.h"
#include "core/json.h"

#include <string.h>

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

static void
target_free (UlakOutboundTarget *self)
{
  if (self == NULL)
    return;
  g_free ((char *) self->id);
  g_free ((char *) self->network_id);
  g_free ((char *) self->chat);
  g_free ((char *) self->from);
  g_clear_pointer (&self->message, json_object_unref);
  g_free (self);
}

void
ulak_claim_free (UlakClaim *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->chat);
  g_free (self->reply_to_network_id);
  g_clear_pointer (&self->message, json_object_unref);
  g_clear_pointer (&self->contact, json_object_unref);
  target_free (self->reply_to);
  target_free (self->target);
  g_free (self);
}

/* --- heads --- */

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
refuse (const Step *self, GError **error)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND,
               "Message number %" G_GINT64_FORMAT " does not wait to be sent", self->sequence);
  return FALSE;
}

/* --- what an outbound message is about --- */

static UlakOutboundTarget *
target_new (UlakDatabase *database, UlakStatement *row, GError **error)
{
  UlakOutboundTarget *self = g_new0 (UlakOutboundTarget, 1);

  self->id = g_strdup (ulak_statement_get_text (row, "id"));
  self->network_id = g_strdup (ulak_statement_get_text (row, "network_id"));
  self->chat = g_strdup (ulak_statement_get_text (row, "chat"));
  self->from = g_strdup (ulak_statement_get_text (row, "sender"));
  self->timestamp_us = ulak_statement_get_integer (row, "timestamp_us");
  self->message = ulak_stored_message_show (database, row, error);
  if (self->message != NULL)
    return self;
  target_free (self);
  return NULL;
}

static UlakOutboundTarget *
target_new_unknown (const char *network_id)
{
  UlakOutboundTarget *self = g_new0 (UlakOutboundTarget, 1);

  self->network_id = g_strdup (network_id);
  return self;
}

/* id: ours or the network's. One that is not stored here can still be named to the network, if it is not ours. */
static gboolean
find_target (UlakDatabase *database, const char *id, UlakOutboundTarget **target_out, GError **error)
{
  gboolean is_ours = ulak_id_is_valid (id);
  UlakStatement *row;

  if (!ulak_sql_find (database, is_ours ? ULAK_SQL ("message-find") : ULAK_SQL ("message-by-network-id"),
                      ULAK_BINDINGS (ULAK_TEXT (is_ours ? "id" : "network_id", id)), &row, error))
    return FALSE;
  if (row != NULL && !ulak_statement_is_null (row, "network_id"))
    {
      *target_out = target_new (database, row, error);
      return *target_out != NULL;
    }
  *target_out = is_ours ? NULL : target_new_unknown (id);
  return TRUE;
}

/* Clients may name the message that a reaction, an edit and the like are about by our id; the network knows only its own. */
static gboolean
resolve_target (UlakDatabase *database, UlakClaim *claim, GError **error)
{
  const char *kind = ulak_message_get_kind (claim->message);
  JsonObject *content = kind == NULL ? NULL : ulak_json_peek_object (claim->message, kind);
  const char *id = content == NULL ? NULL : ulak_json_peek_string (content, "message_id");

  if (id == NULL)
    return TRUE;
  if (!find_target (database, id, &claim->target, error))
    return FALSE;
  if (claim->target != NULL)
    json_object_set_string_member (content, "message_id", claim->target->network_id);
  return TRUE;
}

static gboolean
resolve_reply (UlakDatabase *database, UlakClaim *claim, const char *quoted_id, GError **error)
{
  const char *id = quoted_id != NULL ? quoted_id : claim->reply_to_network_id;

  if (id == NULL)
    return TRUE;
  if (!find_target (database, id, &claim->reply_to, error))
    return FALSE;
  if (claim->reply_to_network_id == NULL && claim->reply_to != NULL)
    claim->reply_to_network_id = g_strdup (claim->reply_to->network_id);
  return TRUE;
}

static gboolean
find_contact (UlakDatabase *database, UlakClaim *claim, GError **error)
{
  g_autofree char *person = NULL;

  if (!ulak_sql_get_text (database, ULAK_SQL ("chat-find"), ULAK_BINDINGS (ULAK_TEXT ("id", claim->chat)), "contact",
                          &person, error)
      || (person == NULL && !ulak_contact_book_find (database, claim->chat, &person, error)))
    return FALSE;
  if (person == NULL)
    return TRUE;
  claim->contact = ulak_contact_book_show (database, person, error);
  return claim->contact != NULL;
}

static gboolean
fill_claim (UlakDatabase *database, UlakStatement *row, UlakClaim *claim, GError **error)
{
  static const UlakJsonLimits limits = { 2 * 1024 * 1024, 40, 40000, FALSE };
  const char *content = ulak_statement_get_text (row, "content");
  g_autofree char *quoted_id = g_strdup (ulak_statement_get_text (row, "quoted_id"));

  claim->sequence = ulak_statement_get_integer (row, "sequence");
  claim->id = g_strdup (ulak_statement_get_text (row, "id"));
  claim->chat = g_strdup (ulak_statement_get_text (row, "chat"));
  claim->tries = (guint) ulak_statement_get_integer (row, "tries");
  claim->accepted_us = ulak_statement_get_integer (row, "timestamp_us");
  claim->reply_to_network_id = g_strdup (ulak_statement_get_text (row, "quoted_network_id"));
  claim->message = ulak_json_parse_object (content, strlen (content), &limits, error);
  return claim->message != NULL && resolve_reply (database, claim, quoted_id, error)
         && resolve_target (database, claim, error) && find_contact (database, claim, error);
}

static gboolean
find_open (UlakDatabase *database, Step *self, UlakStatement **row_out, GError **error)
{
  if (!ulak_sql_find (database, ULAK_SQL ("message-by-sequence"),
                      ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence)), row_out, error))
    return FALSE;
  return (*row_out != NULL && ulak_statement_get_integer (*row_out, "open") != 0) || refuse (self, error);
}

static gboolean
claim_run (UlakDatabase *database, gpointer data, GError **error)
{
  Step *self = data;
  UlakStatement *row;
  gboolean is_taken;

  ulak_line_work_start (self);
  g_clear_pointer (&self->claim, ulak_claim_free);
  self->claim = g_new0 (UlakClaim, 1);
  if (!find_open (database, self, &row, error))
    return FALSE;
  if (!ulak_statement_is_null (row, "expires_us")
      && ulak_statement_get_integer (row, "expires_us") <= self->head.now_us)
    return refuse (self, error);
  if (ulak_status_is_held (ulak_statement_get_text (row, "status")))
    self->head.held_change--;
  if (!fill_claim (database, row, self->claim, error)
      || !ulak_lanes_claim (database, self->chat, self->sequence, &is_taken, error))
    return FALSE;
  if (!is_taken)
    return refuse (self, error);
  return ulak_sql_run (database, ULAK_SQL ("message-claim"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence)), error);
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
  if (!find_open (database, self, &row, error))
    return FALSE;
  status = g_strdup (ulak_statement_get_text (row, "status"));
  if (g_str_equal (status, "sending"))
    return refuse (self, error);
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
  if (!find_open (database, self, &row, error))
    return FALSE;
  if (!g_str_equal (ulak_statement_get_text (row, "status"), "unknown"))
    return refuse (self, error);
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
