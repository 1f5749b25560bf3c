/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Upkeep in small steps: each transaction is short, so that events and outcomes never wait for it.
 */
#include "webhooks/webhook-store-private.h"

#define STEP_ROWS 200

/* Upkeep keeps the file below this part of the budget, so that a submit rarely has to make room itself. */
#define KEEP_PERCENT 90

typedef struct
{
  UlakStoreOp op;
  UlakRetention retention;
  gint64 max_bytes;
  gint64 used_bytes;
  gint64 prune_cursor;
  gboolean more;
  GStrvBuilder *expired_types; /* (owned): one for each delivery given up */
} RetainOp;

static void
retain_op_free (gpointer data)
{
  RetainOp *op = data;

  g_strv_builder_unref (op->expired_types);
  ulak_store_op_clear (&op->op);
  g_free (op);
}

/* Numbers of a query's first column "delivery"; when time_column is given only those before older_than_us. */
static GArray *
list_numbers (UlakDatabase *database,
              const char *sql,
              gint64 endpoint,
              const char *time_column,
              gint64 older_than_us,
              GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  UlakStatement *statement = ulak_database_statement (database, sql, error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return NULL;
  if (endpoint != 0)
    ulak_statement_bind_integer (statement, "endpoint", endpoint);
  ulak_statement_bind_integer (statement, "limit", STEP_ROWS);
  while (ulak_statement_step (statement, &has_row, error) && has_row)
    {
      gint64 number = ulak_statement_get_integer (statement, "delivery");

      if (time_column == NULL || ulak_statement_get_integer (statement, time_column) < older_than_us)
        g_array_append_val (numbers, number);
    }
  return has_row ? NULL : g_steal_pointer (&numbers);
}

static gboolean
end_all (RetainOp *op, UlakDatabase *database, GArray *numbers, UlakDeliveryStatus status, GError **error)
{
  gboolean was_queued;

  for (guint i = 0; i < numbers->len; i++)
    if (!ulak_store_end_delivery (&op->op, database, g_array_index (numbers, gint64, i), status, &was_queued, error))
      return FALSE;
  op->more = op->more || numbers->len == STEP_ROWS;
  return TRUE;
}

static gboolean
cancel_removed (RetainOp *op, UlakDatabase *database, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("removed-with-queue"), error);
  g_autoptr (GArray) numbers = NULL;
  gboolean has_row;
  gint64 endpoint;

  if (statement == NULL || !ulak_statement_step (statement, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;
  endpoint = ulak_statement_get_integer (statement, "row");
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  numbers = list_numbers (database, SQL ("queue-of-endpoint"), endpoint, NULL, 0, error);
  op->more = TRUE; /* there may be another endpoint */
  return numbers != NULL && end_all (op, database, numbers, ULAK_DELIVERY_CANCELLED, error);
}

static GArray *
list_expired (RetainOp *op, UlakDatabase *database, gint64 older_than_us, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  UlakStatement *statement = ulak_database_statement (database, SQL ("queue-expired"), error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return NULL;
  ulak_statement_bind_integer (statement, "older_than_us", older_than_us);
  ulak_statement_bind_integer (statement, "limit", STEP_ROWS);
  while (ulak_statement_step (statement, &has_row, error) && has_row)
    {
      gint64 number = ulak_statement_get_integer (statement, "delivery");

      g_array_append_val (numbers, number);
      g_strv_builder_add (op->expired_types, ulak_statement_get_text (statement, "type"));
    }
  return has_row ? NULL : g_steal_pointer (&numbers);
}

static gboolean
give_up_old (RetainOp *op, UlakDatabase *database, GError **error)
{
  g_autoptr (GArray) numbers = NULL;

  numbers = list_expired (op, database, op->op.now_us - op->retention.delivery_max_age_us, error);
  if (numbers == NULL)
    return FALSE;
  return end_all (op, database, numbers, ULAK_DELIVERY_DEAD, error);
}

static gboolean
forget_old_log (RetainOp *op, UlakDatabase *database, GError **error)
{
  g_autoptr (GArray) numbers = NULL;

  numbers = list_numbers (database, SQL ("finished-oldest"), 0, "finished_us",
                          op->op.now_us - op->retention.delivery_max_age_us, error);
  if (numbers == NULL)
    return FALSE;
  for (guint i = 0; i < numbers->len; i++)
    {
      gint64 number = g_array_index (numbers, gint64, i);

      if (!ulak_store_run_with_number (database, SQL ("attempt-forget"), "delivery", number, error) || !ulak_store_run_with_number (database, SQL ("finished-delete"), "delivery", number, error))
        return FALSE;
    }
  op->more = op->more || numbers->len == STEP_ROWS;
  return TRUE;
}

static gboolean
forget_events (RetainOp *op, UlakDatabase *database, GError **error)
{
  gboolean more;

  if (!ulak_store_prune_events (database, op->op.now_us - op->retention.event_max_age_us,
                                op->max_bytes / 100 * KEEP_PERCENT, &op->prune_cursor, &more, error))
    return FALSE;
  op->more = op->more || more;
  return TRUE;
}

static gboolean
forget_endpoints (UlakDatabase *database, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("endpoint-forget"), error);

  return statement != NULL && ulak_statement_run (statement, error);
}

static gboolean
retain_work (UlakDatabase *database, gpointer data, GError **error)
{
  RetainOp *op = data;

  if (!cancel_removed (op, database, error) || !give_up_old (op, database, error) || !forget_old_log (op, database, error) || !forget_events (op, database, error))
    return FALSE;
  if (!op->more && !forget_endpoints (database, error))
    return FALSE;
  return ulak_store_read_used_bytes (database, &op->used_bytes, error);
}

static void
retained (UlakWebhookStore *self, gpointer data, gboolean is_committed)
{
  RetainOp *op = data;

  if (!is_committed)
    return;
  self->prune_cursor = op->prune_cursor;
  self->used_bytes = op->used_bytes;
}

void
ulak_webhook_store_retain_async (UlakWebhookStore *self,
                                 const UlakRetention *retention,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  RetainOp *op = g_new0 (RetainOp, 1);

  op->op.after = retained;
  op->expired_types = g_strv_builder_new ();
  op->retention = *retention;
  op->max_bytes = self->max_bytes;
  op->prune_cursor = self->prune_cursor;
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, retain_work, op, retain_op_free, retain_work, callback, user_data);
}

gboolean
ulak_webhook_store_retain_finish (UlakWebhookStore *self,
                                  GAsyncResult *result,
                                  gboolean *more_out,
                                  char ***expired_types_out,
                                  GError **error)
{
  RetainOp *op = ulak_webhook_store_take (self, result, retain_work, error);

  if (op == NULL)
    return FALSE;
  *more_out = op->more;
  *expired_types_out = g_strv_builder_end (op->expired_types);
  return TRUE;
}
