/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What became of deliveries, and queueing them again. A replay is a new delivery of the same event at the end of
 * its lane; the old record stays as it is.
 */
#include "webhooks/webhook-store-private.h"

#include "core/error.h"
#include "core/id.h"

#include <stdlib.h>

#define REPLAY_ROWS 1000

/* The low 62 bits of a UUID are ours: enough for any number. */
#define NUMBER_MASK ((G_GUINT64_CONSTANT (1) << 62) - 1)

/**
 * ulak_delivery_id_new:
 * @number: of a delivery
 * @created_us: wall clock
 *
 * Returns: (transfer full): its public id
 */
char *
ulak_delivery_id_new (gint64 number, gint64 created_us)
{
  guint64 ms = (guint64) created_us / 1000;
  guint64 low = (guint64) number & NUMBER_MASK;

  return g_strdup_printf ("%08" G_GINT64_MODIFIER "x-%04x-7000-%04x-%012" G_GINT64_MODIFIER "x", ms >> 16,
                          (guint) (ms & 0xffff), (guint) (0x8000 | low >> 48), low & G_GUINT64_CONSTANT (0xffffffffffff));
}

/**
 * ulak_delivery_id_parse:
 * @id: text from outside
 * @number_out: (out): the number it was made of
 * @created_ms_out: (out): and the time, milliseconds
 *
 * Returns: whether it can be the id of a delivery
 */
gboolean
ulak_delivery_id_parse (const char *id, gint64 *number_out, gint64 *created_ms_out)
{
  if (!ulak_id_is_valid (id))
    return FALSE;
  *created_ms_out = (gint64) (g_ascii_strtoull (id, NULL, 16) << 16 | g_ascii_strtoull (id + 9, NULL, 16));
  *number_out = (gint64) ((g_ascii_strtoull (id + 19, NULL, 16) & 0x3fff) << 48 | g_ascii_strtoull (id + 24, NULL, 16));
  return TRUE;
}

static void
record_free (gpointer data)
{
  UlakDeliveryRecord *record = data;

  g_free (record->id);
  ulak_event_free (record->event);
  g_ptr_array_unref (record->attempts);
  g_free (record);
}

typedef struct
{
  UlakStoreOp op;
  char *endpoint_id; /* (owned) */
  gint64 endpoint;
  gint64 before;
  guint limit;
  int status;
  GPtrArray *records; /* (owned) (element-type UlakDeliveryRecord) */
} ListOp;

static void
list_op_free (gpointer data)
{
  ListOp *op = data;

  ulak_store_op_clear (&op->op);
  g_free (op->endpoint_id);
  g_ptr_array_unref (op->records);
  g_free (op);
}

static gboolean
find_endpoint (UlakDatabase *database, ListOp *op, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("endpoint-find"), error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "id", op->endpoint_id);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  if (!has_row)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no endpoint \"%.64s\"", op->endpoint_id);
      return FALSE;
    }
  op->endpoint = ulak_statement_get_integer (statement, "row");
  return ulak_statement_step (statement, &has_row, error);
}

static UlakDeliveryRecord *
read_record (UlakStatement *statement)
{
  UlakDeliveryRecord *record = g_new0 (UlakDeliveryRecord, 1);

  record->number = ulak_statement_get_integer (statement, "delivery");
  record->created_us = ulak_statement_get_integer (statement, "created_us");
  record->id = ulak_delivery_id_new (record->number, record->created_us);
  record->status = (UlakDeliveryStatus) ulak_statement_get_integer (statement, "status");
  record->event = ulak_event_new (ulak_statement_get_text (statement, "id"),
                                  ulak_statement_get_text (statement, "account"),
                                  ulak_statement_get_text (statement, "type"),
                                  ulak_statement_get_text (statement, "chat"), 0, "", 0);
  record->event->sequence = ulak_statement_get_integer (statement, "event");
  record->attempts = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_attempt_free);
  if (record->status != ULAK_DELIVERY_QUEUED)
    record->finished_us = ulak_statement_get_integer (statement, "finished_us");
  else if (ulak_statement_get_integer (statement, "state") == 1)
    record->due_us = ulak_statement_get_integer (statement, "due_us");
  return record;
}

static gboolean
list_part (UlakDatabase *database, ListOp *op, const char *sql, gboolean is_log, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, sql, error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "endpoint", op->endpoint);
  ulak_statement_bind_integer (statement, "before", op->before);
  ulak_statement_bind_integer (statement, "limit", op->limit);
  if (is_log)
    ulak_statement_bind_integer (statement, "status", MAX (op->status, 0));
  while (ulak_statement_step (statement, &has_row, error) && has_row)
    g_ptr_array_add (op->records, read_record (statement));
  return !has_row;
}

static UlakAttempt *
read_attempt (UlakStatement *statement)
{
  UlakAttempt *attempt = ulak_attempt_new (ulak_statement_get_integer (statement, "at_us"));

  attempt->is_counted = ulak_statement_get_integer (statement, "is_counted") != 0;
  if (!ulak_statement_is_null (statement, "status"))
    attempt->status = (guint) ulak_statement_get_integer (statement, "status");
  attempt->latency_ms = ulak_statement_get_integer (statement, "latency_ms");
  attempt->error = g_strdup (ulak_statement_get_text (statement, "error"));
  attempt->answer = g_strdup (ulak_statement_get_text (statement, "answer"));
  return attempt;
}

static gboolean
list_attempts (UlakDatabase *database, UlakDeliveryRecord *record, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("attempt-list"), error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "delivery", record->number);
  while (ulak_statement_step (statement, &has_row, error) && has_row)
    g_ptr_array_add (record->attempts, read_attempt (statement));
  return !has_row;
}

static int
newest_first (gconstpointer a, gconstpointer b)
{
  gint64 left = (*(UlakDeliveryRecord *const *) a)->number;
  gint64 right = (*(UlakDeliveryRecord *const *) b)->number;

  return left < right ? 1 : left > right ? -1
                                         : 0;
}

static gboolean
list_work (UlakDatabase *database, gpointer data, GError **error)
{
  ListOp *op = data;

  if (!find_endpoint (database, op, error))
    return FALSE;
  if (op->status <= 0 && !list_part (database, op, SQL ("delivery-list-queue"), FALSE, error))
    return FALSE;
  if (op->status != 0 && !list_part (database, op, SQL ("delivery-list-finished"), TRUE, error))
    return FALSE;
  g_ptr_array_sort (op->records, newest_first);
  if (op->records->len > op->limit)
    g_ptr_array_set_size (op->records, (int) op->limit);
  for (guint i = 0; i < op->records->len; i++)
    if (!list_attempts (database, g_ptr_array_index (op->records, i), error))
      return FALSE;
  return TRUE;
}

void
ulak_webhook_store_list_async (UlakWebhookStore *self,
                               const char *endpoint_id,
                               gint64 before,
                               guint limit,
                               int status,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  ListOp *op = g_new0 (ListOp, 1);

  op->endpoint_id = g_strdup (endpoint_id);
  op->before = before;
  op->limit = limit;
  op->status = status;
  op->records = g_ptr_array_new_with_free_func (record_free);
  ulak_webhook_store_run (self, ULAK_STORE_READ, list_work, op, list_op_free, list_work, callback, user_data);
}

/**
 * ulak_webhook_store_list_finish:
 *
 * Returns: (transfer none) (element-type UlakDeliveryRecord): newest first, alive while @result is
 */
GPtrArray *
ulak_webhook_store_list_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  ListOp *op = ulak_webhook_store_take (self, result, list_work, error);

  return op != NULL ? op->records : NULL;
}

typedef struct
{
  UlakStoreOp op;
  gint64 row;
  UlakEndpoint *endpoint; /* (owned) (nullable): whose filter decides */
  GArray *numbers;        /* (owned) (nullable) (element-type gint64) */
  gint64 since_us;
  gboolean only_failed;
  gint64 after;
  gint64 until;
  gint64 max_bytes;
  gint64 searched;
  gboolean more;
  gint64 count;
} ReplayOp;

static void
replay_op_free (gpointer data)
{
  ReplayOp *op = data;

  ulak_store_op_clear (&op->op);
  ulak_endpoint_unref (op->endpoint);
  g_clear_pointer (&op->numbers, g_array_unref);
  g_free (op);
}

typedef struct
{
  gint64 sequence;
  char *account; /* (owned) */
  char *lane;    /* (owned) */
} ReplayEvent;

static void
replay_event_clear (gpointer data)
{
  ReplayEvent *event = data;

  g_free (event->account);
  g_free (event->lane);
}

static GArray *
replay_events_new (void)
{
  GArray *events = g_array_new (FALSE, TRUE, sizeof (ReplayEvent));

  g_array_set_clear_func (events, replay_event_clear);
  return events;
}

static void
add_replay_event (GArray *events, gint64 sequence, UlakStatement *key)
{
  const char *account = ulak_statement_get_text (key, "account");
  ReplayEvent event = { sequence, g_strdup (account),
                        ulak_event_get_lane (account, ulak_statement_get_text (key, "type"),
                                             ulak_statement_get_text (key, "chat")) };

  g_array_append_val (events, event);
}

static gboolean
enqueue_all (ReplayOp *op, UlakDatabase *database, GArray *events, GError **error)
{
  for (guint i = 0; i < events->len; i++)
    {
      const ReplayEvent *event = &g_array_index (events, ReplayEvent, i);
      gboolean is_new;

      if (!ulak_store_enqueue (&op->op, database, op->row, event->sequence, event->lane, &is_new, error) || !ulak_store_op_add_pending (&op->op, database, event->account, is_new, error))
        return FALSE;
      op->count += is_new;
    }
  return TRUE;
}

static gboolean
refuse_replay (ReplayOp *op, UlakDatabase *database, gint64 number, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("queue-find"), error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "delivery", number);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  if (has_row && ulak_statement_get_integer (statement, "endpoint") == op->row)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                 "Delivery %" G_GINT64_FORMAT " has not ended: only delivered, dead and cancelled ones are replayed", number);
  else
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "The endpoint has no delivery number %" G_GINT64_FORMAT, number);
  return FALSE;
}

static gboolean
find_ended (ReplayOp *op, UlakDatabase *database, gint64 number, gint64 *event_out, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("finished-find"), error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "delivery", number);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  if (!has_row || ulak_statement_get_integer (statement, "endpoint") != op->row)
    return refuse_replay (op, database, number, error);
  *event_out = ulak_statement_get_integer (statement, "event");
  return ulak_statement_step (statement, &has_row, error);
}

static gboolean
add_ended (ReplayOp *op, UlakDatabase *database, gint64 number, GArray *events, GError **error)
{
  UlakStatement *statement;
  gboolean has_row;
  gint64 sequence;

  if (!find_ended (op, database, number, &sequence, error))
    return FALSE;
  statement = ulak_database_statement (database, SQL ("event-key"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "sequence", sequence);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;
  add_replay_event (events, sequence, statement);
  return ulak_statement_step (statement, &has_row, error);
}

static int
by_sequence (gconstpointer a, gconstpointer b)
{
  gint64 left = ((const ReplayEvent *) a)->sequence;
  gint64 right = ((const ReplayEvent *) b)->sequence;

  return left < right ? -1 : left > right ? 1
                                          : 0;
}

static gboolean
replay_work (UlakDatabase *database, gpointer data, GError **error)
{
  ReplayOp *op = data;
  g_autoptr (GArray) events = replay_events_new ();

  for (guint i = 0; i < op->numbers->len; i++)
    if (!add_ended (op, database, g_array_index (op->numbers, gint64, i), events, error))
      return FALSE;
  g_array_sort (events, by_sequence);
  return enqueue_all (op, database, events, error);
}

/**
 * ulak_webhook_store_replay_async:
 * @self: a store
 * @endpoint_row: whose
 * @numbers: (transfer full) (element-type gint64): deliveries of it that ended
 *
 * Queues their events again, each once, in the log's order. Errors: %ULAK_ERROR_NOT_FOUND, %ULAK_ERROR_WRONG_STATE.
 */
void
ulak_webhook_store_replay_async (UlakWebhookStore *self,
                                 gint64 endpoint_row,
                                 GArray *numbers,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  ReplayOp *op = g_new0 (ReplayOp, 1);

  op->row = endpoint_row;
  op->numbers = numbers;
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, replay_work, op, replay_op_free, replay_work, callback, user_data);
}

gint64
ulak_webhook_store_replay_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  ReplayOp *op = ulak_webhook_store_take (self, result, replay_work, error);

  return op != NULL ? op->count : -1;
}

static gboolean
replay_takes (const ReplayOp *op, UlakStatement *statement)
{
  if (op->only_failed && ulak_statement_get_integer (statement, "status") != ULAK_DELIVERY_DEAD)
    return FALSE;
  return ulak_endpoint_takes (op->endpoint, ulak_statement_get_text (statement, "account"),
                              ulak_statement_get_text (statement, "type"));
}

static gboolean
check_room (UlakDatabase *database, const ReplayOp *op, GError **error)
{
  gint64 used_bytes;

  if (!ulak_store_read_used_bytes (database, &used_bytes, error))
    return FALSE;
  if (used_bytes <= op->max_bytes)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL,
               "The event log has %" G_GINT64_FORMAT " bytes; [webhooks] event_max_bytes allows %" G_GINT64_FORMAT, used_bytes,
               op->max_bytes);
  return FALSE;
}

static gboolean
replay_since_work (UlakDatabase *database, gpointer data, GError **error)
{
  ReplayOp *op = data;
  g_autoptr (GArray) events = replay_events_new ();
  UlakStatement *statement;
  gboolean has_row = TRUE;
  guint rows = 0;

  if (!check_room (database, op, error))
    return FALSE;
  statement = ulak_database_statement (database, SQL ("replay-scan"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "endpoint", op->row);
  ulak_statement_bind_integer (statement, "since", op->since_us);
  ulak_statement_bind_integer (statement, "after", op->after);
  ulak_statement_bind_integer (statement, "until", op->until);
  ulak_statement_bind_integer (statement, "limit", REPLAY_ROWS);
  for (; ulak_statement_step (statement, &has_row, error) && has_row; rows++)
    {
      op->searched = ulak_statement_get_integer (statement, "sequence");
      if (replay_takes (op, statement))
        add_replay_event (events, op->searched, statement);
    }
  op->more = rows == REPLAY_ROWS;
  return !has_row && enqueue_all (op, database, events, error);
}

/**
 * ulak_webhook_store_replay_since_async:
 * @self: a store
 * @endpoint: whose filter decides and who gets them
 * @since_us: only events stored since then, wall clock
 * @only_failed: only those whose last delivery is a dead letter
 * @after_sequence: only later ones
 * @until_sequence: none later, so that a replay ends while events come in
 *
 * Queues events of the log again that are not queued, in order. Errors: %ULAK_ERROR_FULL (the disk budget).
 */
void
ulak_webhook_store_replay_since_async (UlakWebhookStore *self,
                                       UlakEndpoint *endpoint,
                                       gint64 since_us,
                                       gboolean only_failed,
                                       gint64 after_sequence,
                                       gint64 until_sequence,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  ReplayOp *op = g_new0 (ReplayOp, 1);

  op->row = endpoint->row;
  op->endpoint = ulak_endpoint_ref (endpoint);
  op->since_us = since_us;
  op->only_failed = only_failed;
  op->after = after_sequence;
  op->until = until_sequence;
  op->max_bytes = self->max_bytes;
  op->searched = after_sequence;
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, replay_since_work, op, replay_op_free, replay_since_work, callback,
                          user_data);
}

gint64
ulak_webhook_store_replay_since_finish (UlakWebhookStore *self,
                                        GAsyncResult *result,
                                        gint64 *searched_out,
                                        gboolean *more_out,
                                        GError **error)
{
  ReplayOp *op = ulak_webhook_store_take (self, result, replay_since_work, error);

  if (op == NULL)
    return -1;
  *searched_out = op->searched;
  *more_out = op->more;
  return op->count;
}
