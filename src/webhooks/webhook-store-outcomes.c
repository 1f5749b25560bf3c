/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Outcomes: the two ways out of a claim, an end and another try.
 */
#include "webhooks/webhook-store-private.h"

typedef struct
{
  UlakStoreOp op;
  gint64 number;
  gint64 endpoint;
  guint attempts;
  guint failures;
  UlakDeliveryStatus status;
  UlakAttempt attempt; /* texts owned */
  gint64 due_us;
  gint64 unblock_us;
} OutcomeOp;

static void
outcome_op_free (gpointer data)
{
  OutcomeOp *op = data;

  ulak_store_op_clear (&op->op);
  g_free (op->attempt.error);
  g_free (op->attempt.answer);
  g_free (op);
}

static void
outcome_stored (UlakWebhookStore *self, gpointer data, gboolean is_committed)
{
  OutcomeOp *op = data;

  if (is_committed)
    ulak_store_drop_claim (self, op->endpoint, op->number);
}

static OutcomeOp *
outcome_op_new (const UlakDelivery *delivery, const UlakAttempt *attempt)
{
  OutcomeOp *op = g_new0 (OutcomeOp, 1);

  op->op.after = outcome_stored;
  op->number = delivery->number;
  op->endpoint = delivery->endpoint;
  op->attempts = delivery->attempts + (attempt->is_counted ? 1 : 0);
  op->failures = delivery->failures + 1;
  op->attempt = *attempt;
  op->attempt.error = g_strdup (attempt->error);
  op->attempt.answer = g_strdup (attempt->answer);
  return op;
}

/* The delivery was cancelled or gave up its place while the request was under way: what happened is still noted. */
static gboolean
note_late_outcome (UlakDatabase *database, OutcomeOp *op, GError **error)
{
  UlakStatement *statement;

  if (op->status != ULAK_DELIVERY_DELIVERED)
    return TRUE;
  statement = ulak_database_statement (database, SQL ("finished-correct"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "delivery", op->number);
  ulak_statement_bind_integer (statement, "finished_us", op->op.now_us);
  if (!ulak_statement_run (statement, error))
    return FALSE;
  return ulak_database_get_changes (database) == 0 || ulak_store_add_attempt (database, op->number, &op->attempt, error);
}

static gboolean
end_work (UlakDatabase *database, gpointer data, GError **error)
{
  OutcomeOp *op = data;
  gboolean was_queued;

  if (!ulak_store_end_delivery (&op->op, database, op->number, op->status, &was_queued, error))
    return FALSE;
  if (!was_queued)
    return note_late_outcome (database, op, error);
  return ulak_store_add_attempt (database, op->number, &op->attempt, error);
}

/**
 * ulak_webhook_store_end_async:
 * @self: a store
 * @delivery: a claimed one
 * @status: how it ended
 * @attempt: the last one
 *
 * Moves it to the log and gives the next of its lane its turn, in one transaction.
 */
void
ulak_webhook_store_end_async (UlakWebhookStore *self,
                              const UlakDelivery *delivery,
                              UlakDeliveryStatus status,
                              const UlakAttempt *attempt,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  OutcomeOp *op = outcome_op_new (delivery, attempt);

  op->status = status;
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, end_work, op, outcome_op_free, end_work, callback, user_data);
}

gboolean
ulak_webhook_store_end_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  return ulak_webhook_store_take (self, result, end_work, error) != NULL;
}

static gboolean
retry_work (UlakDatabase *database, gpointer data, GError **error)
{
  OutcomeOp *op = data;
  UlakStatement *statement = ulak_database_statement (database, SQL ("queue-retry"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "delivery", op->number);
  ulak_statement_bind_integer (statement, "due_us", op->due_us);
  ulak_statement_bind_integer (statement, "unblock_us", op->unblock_us);
  ulak_statement_bind_integer (statement, "attempts", op->attempts);
  ulak_statement_bind_integer (statement, "failures", op->failures);
  if (!ulak_statement_run (statement, error))
    return FALSE;
  if (ulak_database_get_changes (database) == 0)
    return TRUE;
  ulak_store_op_add_due (&op->op, op->endpoint);
  return ulak_store_add_attempt (database, op->number, &op->attempt, error);
}

/**
 * ulak_webhook_store_retry_async:
 * @self: a store
 * @delivery: a claimed one
 * @attempt: the one that failed
 * @due_us: when to try again, wall clock
 * @unblock_us: if this is its first failure: until when it may block its lane, wall clock
 *
 * The delivery keeps its place in its lane.
 */
void
ulak_webhook_store_retry_async (UlakWebhookStore *self,
                                const UlakDelivery *delivery,
                                const UlakAttempt *attempt,
                                gint64 due_us,
                                gint64 unblock_us,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  OutcomeOp *op = outcome_op_new (delivery, attempt);

  op->due_us = due_us;
  op->unblock_us = unblock_us;
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, retry_work, op, outcome_op_free, retry_work, callback, user_data);
}

gboolean
ulak_webhook_store_retry_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  return ulak_webhook_store_take (self, result, retry_work, error) != NULL;
}
