/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The queue: the rows of lanes, their end, and lanes that are let go on. What is on its way is webhook-store-claims.c.
 */
#include "webhooks/webhook-store-private.h"

/* Of the attempts of one delivery, the newest are kept: an endpoint that is away for weeks is tried hundreds of times. */
#define ATTEMPTS_KEPT 50

#define UNBLOCK_ROWS 100

void
ulak_delivery_free (UlakDelivery *self)
{
  if (self == NULL)
    return;
  g_free (self->lane);
  ulak_event_free (self->event);
  g_free (self);
}

/* Puts a delivery of a stored event at the end of its lane. is_new_out: FALSE when it is queued already. */
gboolean
ulak_store_enqueue (UlakStoreOp *op,
                    UlakDatabase *database,
                    gint64 endpoint,
                    gint64 sequence,
                    const char *lane,
                    gboolean *is_new_out,
                    GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("queue-insert"), error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "endpoint", endpoint);
  ulak_statement_bind_integer (statement, "event", sequence);
  ulak_statement_bind_text (statement, "lane", lane);
  ulak_statement_bind_integer (statement, "now", op->now_us);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  *is_new_out = has_row;
  if (!has_row)
    return TRUE;
  if (ulak_statement_get_integer (statement, "state") == 1)
    ulak_store_op_add_due (op, endpoint);
  return ulak_statement_step (statement, &has_row, error);
}

gboolean
ulak_store_wake_lane (UlakStoreOp *op, UlakDatabase *database, gint64 endpoint, const char *lane, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("queue-wake"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "endpoint", endpoint);
  ulak_statement_bind_text (statement, "lane", lane);
  ulak_statement_bind_integer (statement, "now", op->now_us);
  if (!ulak_statement_run (statement, error))
    return FALSE;
  if (ulak_database_get_changes (database) > 0)
    ulak_store_op_add_due (op, endpoint);
  return TRUE;
}

typedef struct
{
  gint64 endpoint;
  gint64 event;
  char *lane;    /* (owned) */
  char *account; /* (owned) */
  gint64 created_us;
} QueueRow;

static void
queue_row_clear (QueueRow *row)
{
  g_free (row->lane);
  g_free (row->account);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QueueRow, queue_row_clear)

static gboolean
find_row (UlakDatabase *database, gint64 number, QueueRow *row, gboolean *is_found_out, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("queue-find"), error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "delivery", number);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  *is_found_out = has_row;
  if (!has_row)
    return TRUE;
  row->endpoint = ulak_statement_get_integer (statement, "endpoint");
  row->event = ulak_statement_get_integer (statement, "event");
  row->lane = g_strdup (ulak_statement_get_text (statement, "lane"));
  row->account = g_strdup (ulak_statement_get_text (statement, "account"));
  row->created_us = ulak_statement_get_integer (statement, "created_us");
  return ulak_statement_step (statement, &has_row, error);
}

static gboolean
insert_finished (UlakStoreOp *op,
                 UlakDatabase *database,
                 gint64 number,
                 const QueueRow *row,
                 UlakDeliveryStatus status,
                 GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("finished-insert"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "delivery", number);
  ulak_statement_bind_integer (statement, "endpoint", row->endpoint);
  ulak_statement_bind_integer (statement, "event", row->event);
  ulak_statement_bind_integer (statement, "status", status);
  ulak_statement_bind_integer (statement, "created_us", row->created_us);
  ulak_statement_bind_integer (statement, "finished_us", op->now_us);
  return ulak_statement_run (statement, error);
}

/* Takes a delivery out of the queue into the log and gives the next of its lane its turn. */
gboolean
ulak_store_end_delivery (UlakStoreOp *op,
                         UlakDatabase *database,
                         gint64 number,
                         UlakDeliveryStatus status,
                         gboolean *was_queued_out,
                         GError **error)
{
  g_auto (QueueRow) row = { 0 };

  if (!find_row (database, number, &row, was_queued_out, error))
    return FALSE;
  if (!*was_queued_out)
    return TRUE;
  return ulak_store_run_with_number (database, SQL ("queue-delete"), "delivery", number, error) && insert_finished (op, database, number, &row, status, error) && ulak_store_op_add_pending (op, database, row.account, -1, error) && ulak_store_wake_lane (op, database, row.endpoint, row.lane, error);
}

static void
bind_attempt (UlakStatement *statement, gint64 number, const UlakAttempt *attempt)
{
  ulak_statement_bind_integer (statement, "delivery", number);
  ulak_statement_bind_integer (statement, "at_us", attempt->at_us);
  ulak_statement_bind_integer (statement, "is_counted", attempt->is_counted);
  if (attempt->status != 0)
    ulak_statement_bind_integer (statement, "status", attempt->status);
  else
    ulak_statement_bind_null (statement, "status");
  ulak_statement_bind_integer (statement, "latency_ms", attempt->latency_ms);
  ulak_statement_bind_text (statement, "error", attempt->error);
  ulak_statement_bind_text (statement, "answer", attempt->answer);
}

gboolean
ulak_store_add_attempt (UlakDatabase *database, gint64 number, const UlakAttempt *attempt, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("attempt-insert"), error);

  if (statement == NULL)
    return FALSE;
  bind_attempt (statement, number, attempt);
  if (!ulak_statement_run (statement, error))
    return FALSE;
  statement = ulak_database_statement (database, SQL ("attempt-trim"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "delivery", number);
  ulak_statement_bind_integer (statement, "keep", ATTEMPTS_KEPT);
  return ulak_statement_run (statement, error);
}

typedef struct
{
  gint64 number;
  gint64 endpoint;
  char *lane; /* (owned) */
} BlockingRow;

static void
blocking_row_clear (gpointer data)
{
  g_free (((BlockingRow *) data)->lane);
}

typedef struct
{
  UlakStoreOp op;
  GArray *rows; /* (owned) (element-type BlockingRow) */
  gint64 set_back_us;
} UnblockOp;

static void
unblock_op_free (gpointer data)
{
  UnblockOp *op = data;

  ulak_store_op_clear (&op->op);
  g_array_unref (op->rows);
  g_free (op);
}

static gboolean
list_blocking (UlakDatabase *database, UnblockOp *op, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("queue-blocking"), error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "now", op->op.now_us);
  ulak_statement_bind_integer (statement, "limit", UNBLOCK_ROWS);
  while (ulak_statement_step (statement, &has_row, error) && has_row)
    {
      BlockingRow row = { ulak_statement_get_integer (statement, "delivery"),
                          ulak_statement_get_integer (statement, "endpoint"),
                          g_strdup (ulak_statement_get_text (statement, "lane")) };

      g_array_append_val (op->rows, row);
    }
  return !has_row;
}

static gboolean
shift_times (UlakDatabase *database, const UnblockOp *op, GError **error)
{
  UlakStatement *statement;

  if (op->set_back_us == 0)
    return TRUE;
  statement = ulak_database_statement (database, SQL ("queue-shift"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "now", op->op.now_us);
  ulak_statement_bind_integer (statement, "step", op->set_back_us);
  return ulak_statement_run (statement, error);
}

static gboolean
unblock_work (UlakDatabase *database, gpointer data, GError **error)
{
  UnblockOp *op = data;

  if (!shift_times (database, op, error) || !list_blocking (database, op, error))
    return FALSE;
  for (guint i = 0; i < op->rows->len; i++)
    {
      const BlockingRow *row = &g_array_index (op->rows, BlockingRow, i);

      if (!ulak_store_run_with_number (database, SQL ("queue-pass"), "delivery", row->number, error) || !ulak_store_wake_lane (&op->op, database, row->endpoint, row->lane, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * ulak_webhook_store_unblock_async:
 * @self: a store
 * @set_back_us: by how much the wall clock was set back since the last call, or 0
 *
 * Passes over the heads whose time to block their lane is over. Times to come move with a clock that was set back.
 */
void
ulak_webhook_store_unblock_async (UlakWebhookStore *self,
                                  gint64 set_back_us,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  UnblockOp *op = g_new0 (UnblockOp, 1);

  op->set_back_us = set_back_us;
  op->rows = g_array_new (FALSE, FALSE, sizeof (BlockingRow));
  g_array_set_clear_func (op->rows, blocking_row_clear);
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, unblock_work, op, unblock_op_free, unblock_work, callback, user_data);
}

gboolean
ulak_webhook_store_unblock_finish (UlakWebhookStore *self,
                                   GAsyncResult *result,
                                   gboolean *more_out,
                                   GError **error)
{
  UnblockOp *op = ulak_webhook_store_take (self, result, unblock_work, error);

  if (op == NULL)
    return FALSE;
  *more_out = op->rows->len == UNBLOCK_ROWS;
  return TRUE;
}
