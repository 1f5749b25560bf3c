/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Settling: what became of a try, and what was never tried in time, with the event that tells of it.
 */
#include "connector/events.h"
#include "connector/lanes.h"
#include "connector/line-work.h"
#include "connector/sql.h"
#include "connector/statuses.h"

#define EXPIRE_STEP 100

/* --- the outcome --- */

typedef struct
{
  UlakLineWork head;
  gint64 sequence;
  char *chat;
  UlakSendOutcome outcome;
  UlakSendResult *result; /* (owned): a copy */
  gint64 due_us;
  gboolean is_counted;
  UlakIdSeries given_ids, ids;
} Settling;

static void
settling_free (gpointer data)
{
  Settling *self = data;

  g_free (self->chat);
  ulak_send_result_free (self->result);
  g_free (self);
}

static gboolean
put_event (UlakDatabase *database, Settling *self, const char *type, GError **error)
{
  g_autofree char *id = ulak_id_series_next (&self->ids);

  return ulak_events_put_message (database, &self->head, id, type, self->sequence, self->head.now_us, error);
}

static gboolean
settle_sent (UlakDatabase *database, Settling *self, GError **error)
{
  self->head.depth_change--;
  if (self->result->n_recipients > 0
      && !ulak_sql_run (database, ULAK_SQL ("message-recipients"),
                        ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence),
                                       ULAK_INTEGER ("recipients", self->result->n_recipients)),
                        error))
    return FALSE;
  return ulak_sql_run (database, ULAK_SQL ("message-sent"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence), ULAK_TEXT ("status", "sent"),
                                      ULAK_TEXT ("network_id", self->result->network_id)),
                       error)
         && put_event (database, self, "message.sent", error)
         && (self->result->network_id == NULL
             || ulak_statuses_apply_early (database, &self->head, self->result->network_id, &self->ids, error));
}

static gboolean
settle_retry (UlakDatabase *database, Settling *self, GError **error)
{
  gboolean is_long = self->due_us - self->head.now_us > ULAK_HOLD_SHOWN_US;

  self->head.held_change += is_long ? 1 : 0;
  return ulak_sql_run (
             database, ULAK_SQL ("message-retry"),
             ULAK_BINDINGS (
                 ULAK_INTEGER ("sequence", self->sequence), ULAK_TEXT ("status", is_long ? "held" : "pending"),
                 ULAK_INTEGER ("due_us", self->due_us), ULAK_INTEGER ("uncounted", self->is_counted ? 0 : 1),
                 ULAK_TEXT ("reason", self->result->hold_reason != NULL ? self->result->hold_reason : "retry"),
                 ULAK_TEXT ("error_code", self->result->error_code),
                 ULAK_TEXT ("error_message", self->result->error_message),
                 ULAK_INTEGER ("original_code", self->result->original_code),
                 ULAK_INTEGER ("original_subcode", self->result->original_subcode),
                 ULAK_TEXT ("original_details", self->result->original_details)),
             error)
         && (!is_long || put_event (database, self, "message.held", error));
}

static gboolean
settle_failed (UlakDatabase *database, Settling *self, GError **error)
{
  self->head.depth_change--;
  return ulak_sql_run (database, ULAK_SQL ("message-failed"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence), ULAK_TEXT ("network_id", NULL),
                                      ULAK_TEXT ("error_code", self->result->error_code),
                                      ULAK_TEXT ("error_message", self->result->error_message),
                                      ULAK_INTEGER ("original_code", self->result->original_code),
                                      ULAK_INTEGER ("original_subcode", self->result->original_subcode),
                                      ULAK_TEXT ("original_details", self->result->original_details)),
                       error)
         && put_event (database, self, "message.failed", error);
}

static gboolean
settle_unknown (UlakDatabase *database, Settling *self, GError **error)
{
  self->head.held_change++;
  return ulak_sql_run (database, ULAK_SQL ("message-retry"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence),
                                      ULAK_TEXT ("status", "unknown"), ULAK_INTEGER ("due_us", self->due_us),
                                      ULAK_INTEGER ("uncounted", 0), ULAK_TEXT ("reason", "unknown_outcome"),
                                      ULAK_TEXT ("error_code", self->result->error_code),
                                      ULAK_TEXT ("error_message", self->result->error_message),
                                      ULAK_INTEGER ("original_code", 0), ULAK_INTEGER ("original_subcode", 0),
                                      ULAK_TEXT ("original_details", NULL)),
                       error)
         && put_event (database, self, "message.held", error);
}

typedef gboolean (*SettleFunc) (UlakDatabase *database, Settling *self, GError **error);

static const SettleFunc settle_funcs[] = {
  [ULAK_SEND_ACCEPTED] = settle_sent,
  [ULAK_SEND_RETRY] = settle_retry,
  [ULAK_SEND_FAILED] = settle_failed,
  [ULAK_SEND_UNKNOWN] = settle_unknown,
};

/* A status was faster than the answer: the row is settled; only the network's id may be news. */
static gboolean
settle_late (UlakDatabase *database, Settling *self, GError **error)
{
  const char *network_id = self->result->network_id;

  return self->outcome != ULAK_SEND_ACCEPTED || network_id == NULL
         || (ulak_sql_run (database, ULAK_SQL ("message-set-network-id"),
                           ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence),
                                          ULAK_TEXT ("network_id", network_id)),
                           error)
             && ulak_statuses_apply_early (database, &self->head, network_id, &self->ids, error));
}

static gboolean
settle_run (UlakDatabase *database, gpointer data, GError **error)
{
  Settling *self = data;
  UlakStatement *row;
  SettleFunc settle = settle_funcs[self->outcome];

  ulak_line_work_start (self);
  self->ids = self->given_ids;
  if (!ulak_sql_find (database, ULAK_SQL ("message-by-sequence"),
                      ULAK_BINDINGS (ULAK_INTEGER ("sequence", self->sequence)), &row, error))
    return FALSE;
  if (row == NULL || ulak_statement_get_integer (row, "open") == 0)
    settle = settle_late;
  return settle (database, self, error) && ulak_lanes_settle (database, self->chat, error);
}

void
ulak_line_store_settle_async (UlakLineStore *self,
                              const UlakSettlement *settlement,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Settling *settling = g_new0 (Settling, 1);
  const UlakSendResult *result = settlement->result;

  settling->sequence = settlement->sequence;
  settling->chat = g_strdup (settlement->chat);
  settling->outcome = settlement->outcome;
  settling->due_us = settlement->due_us;
  settling->is_counted = settlement->is_counted;
  settling->result = ulak_send_result_new (result->outcome);
  settling->result->network_id = g_strdup (result->network_id);
  settling->result->error_code = g_strdup (result->error_code);
  settling->result->error_message = g_strdup (result->error_message);
  settling->result->hold_reason = result->hold_reason;
  settling->result->n_recipients = result->n_recipients;
  settling->result->original_code = result->original_code;
  settling->result->original_subcode = result->original_subcode;
  settling->result->original_details = g_strdup (result->original_details);
  ulak_line_store_init_ids (self, &settling->given_ids);
  ulak_line_store_write (self, settle_run, settling, settling_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}

gboolean
ulak_line_store_settle_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  return ulak_line_store_finish (self, result, error);
}

/* --- expiry --- */

typedef struct
{
  UlakLineWork head;
  char *event_ids[EXPIRE_STEP];
} Expiry;

static void
expiry_free (gpointer data)
{
  Expiry *self = data;

  for (guint i = 0; i < EXPIRE_STEP; i++)
    g_free (self->event_ids[i]);
  g_free (self);
}

typedef struct
{
  gint64 sequence;
  char *chat;
  gboolean is_held, is_unknown;
} Expired;

static void
expired_clear (gpointer data)
{
  g_free (((Expired *) data)->chat);
}

static GArray *
list_expired (UlakDatabase *database, gint64 now_us, GError **error)
{
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (Expired));
  UlakStatement *rows = ulak_sql_query (
      database, ULAK_SQL ("messages-expired"),
      ULAK_BINDINGS (ULAK_INTEGER ("now_us", now_us), ULAK_INTEGER ("limit", EXPIRE_STEP)), error);
  gboolean has_row;

  g_array_set_clear_func (list, expired_clear);
  while (rows != NULL)
    {
      const char *status;
      Expired row;

      if (!ulak_statement_step (rows, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&list);
      status = ulak_statement_get_text (rows, "status");
      row.sequence = ulak_statement_get_integer (rows, "sequence");
      row.chat = g_strdup (ulak_statement_get_text (rows, "chat"));
      row.is_held = ulak_status_is_held (status);
      row.is_unknown = g_str_equal (status, "unknown");
      g_array_append_val (list, row);
    }
  return NULL;
}

static gboolean
expire_one (UlakDatabase *database, Expiry *self, const Expired *row, const char *event_id, GError **error)
{
  self->head.held_change -= row->is_held ? 1 : 0;
  if (row->is_unknown) /* it may have been sent: "failed" would be a guess */
    return ulak_line_work_close_unknown (database, &self->head, row->sequence, row->chat, event_id, error);
  self->head.depth_change--;
  return ulak_sql_run (database, ULAK_SQL ("message-failed"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", row->sequence), ULAK_TEXT ("network_id", NULL),
                                      ULAK_TEXT ("error_code", "E_EXPIRED"),
                                      ULAK_TEXT ("error_message", "It was not sent before its expires_at"),
                                      ULAK_INTEGER ("original_code", 0), ULAK_INTEGER ("original_subcode", 0),
                                      ULAK_TEXT ("original_details", NULL)),
                       error)
         && ulak_lanes_leave (database, row->chat, row->sequence, error)
         && ulak_events_put_message (database, &self->head, event_id, "message.failed", row->sequence,
                                     self->head.now_us, error);
}

static gboolean
expire_run (UlakDatabase *database, gpointer data, GError **error)
{
  Expiry *self = data;
  g_autoptr (GArray) list = list_expired (database, self->head.now_us, error);

  ulak_line_work_start (self);
  for (guint i = 0; list != NULL && i < list->len; i++)
    if (!expire_one (database, self, &g_array_index (list, Expired, i), self->event_ids[i], error))
      return FALSE;
  return list != NULL;
}

/** ulak_line_store_expire_async: fails what was not sent before its time, up to 100 messages; then list heads again */
void
ulak_line_store_expire_async (UlakLineStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  Expiry *expiry = g_new0 (Expiry, 1);

  for (guint i = 0; i < EXPIRE_STEP; i++)
    expiry->event_ids[i] = ulak_line_store_new_id (self);
  ulak_line_store_write (self, expire_run, expiry, expiry_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}
