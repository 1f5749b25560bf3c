/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The queue: lanes, claims, and the two ways out of a claim.
 *
 * Claims are kept per endpoint in memory. A claim reads a snapshot on a reader's thread while the end of another
 * delivery may be committing; its row could still be in that snapshot, so a claim passes over what was held when it began.
 */
#include "webhooks/webhook-store-private.h"

#include <string.h>

/* What one claim may bring into memory. */
#define CLAIM_BYTES_MAX (4 * 1024 * 1024)

/* Of the attempts of one delivery, the newest are kept: an endpoint that is away for weeks is tried hundreds of times. */
#define ATTEMPTS_KEPT 50

#define UNBLOCK_ROWS 100

typedef struct
{
  GHashTable *held; /* (owned) (element-type gint64) */
  gboolean is_reading;
} UlakClaims;

static void
claims_free (gpointer data)
{
  UlakClaims *claims = data;

  g_hash_table_unref (claims->held);
  g_free (claims);
}

static GHashTable *
number_set_new (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

static UlakClaims *
get_claims (UlakWebhookStore *self, gint64 endpoint)
{
  UlakClaims *claims;

  if (self->claims == NULL)
    self->claims = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, claims_free);
  claims = g_hash_table_lookup (self->claims, &endpoint);
  if (claims != NULL)
    return claims;
  claims = g_new0 (UlakClaims, 1);
  claims->held = number_set_new ();
  g_hash_table_insert (self->claims, ulak_gint64_dup (endpoint), claims);
  return claims;
}

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
  UlakStoreOp op;
  gint64 endpoint;
  guint wanted;
  GHashTable *held;      /* (owned) (element-type gint64): claimed already; they come first and are passed over */
  GPtrArray *deliveries; /* (owned) (element-type UlakDelivery) */
  gboolean more;
  gint64 next_due_us;
} ClaimOp;

static void
claim_op_free (gpointer data)
{
  ClaimOp *op = data;

  ulak_store_op_clear (&op->op);
  g_hash_table_unref (op->held);
  g_ptr_array_unref (op->deliveries);
  g_free (op);
}

static UlakDelivery *
read_delivery (UlakStatement *statement, gint64 endpoint)
{
  UlakDelivery *delivery = g_new0 (UlakDelivery, 1);

  delivery->number = ulak_statement_get_integer (statement, "delivery");
  delivery->endpoint = endpoint;
  delivery->lane = g_strdup (ulak_statement_get_text (statement, "lane"));
  delivery->is_late = ulak_statement_get_integer (statement, "is_late") != 0;
  delivery->attempts = (guint) ulak_statement_get_integer (statement, "attempts");
  delivery->failures = (guint) ulak_statement_get_integer (statement, "failures");
  delivery->created_us = ulak_statement_get_integer (statement, "created_us");
  delivery->event = ulak_event_new (ulak_statement_get_text (statement, "id"),
                                    ulak_statement_get_text (statement, "account"),
                                    ulak_statement_get_text (statement, "type"),
                                    ulak_statement_get_text (statement, "chat"),
                                    ulak_statement_get_integer (statement, "timestamp_us"),
                                    ulak_statement_get_text (statement, "data"), -1);
  delivery->event->sequence = ulak_statement_get_integer (statement, "event");
  return delivery;
}

static gboolean
read_due (UlakDatabase *database, ClaimOp *op, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("queue-due"), error);
  gboolean has_row = TRUE;
  gsize bytes = 0;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "endpoint", op->endpoint);
  ulak_statement_bind_integer (statement, "now", op->op.now_us);
  ulak_statement_bind_integer (statement, "limit", op->wanted + g_hash_table_size (op->held));
  while (op->deliveries->len < op->wanted && bytes < CLAIM_BYTES_MAX)
    {
      UlakDelivery *delivery;
      gint64 number;

      if (!ulak_statement_step (statement, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      number = ulak_statement_get_integer (statement, "delivery");
      if (g_hash_table_contains (op->held, &number))
        continue;
      delivery = read_delivery (statement, op->endpoint);
      bytes += strlen (delivery->event->data);
      g_ptr_array_add (op->deliveries, delivery);
    }
  op->more = TRUE;
  return ulak_database_statement (database, SQL ("queue-due"), error) != NULL; /* ends it early */
}

static gboolean
claim_work (UlakDatabase *database, gpointer data, GError **error)
{
  ClaimOp *op = data;
  UlakStatement *statement;
  gboolean has_row;

  if (!read_due (database, op, error))
    return FALSE;
  statement = ulak_database_statement (database, SQL ("queue-next-due"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "endpoint", op->endpoint);
  ulak_statement_bind_integer (statement, "now", op->op.now_us);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  if (has_row && !ulak_statement_is_null (statement, "due_us"))
    op->next_due_us = ulak_statement_get_integer (statement, "due_us");
  return !has_row || ulak_statement_step (statement, &has_row, error);
}

static void
claimed (UlakWebhookStore *self, gpointer data, gboolean is_committed)
{
  ClaimOp *op = data;
  UlakClaims *claims = get_claims (self, op->endpoint);

  claims->is_reading = FALSE;
  for (guint i = 0; is_committed && i < op->deliveries->len; i++)
    g_hash_table_add (claims->held, ulak_gint64_dup (((UlakDelivery *) g_ptr_array_index (op->deliveries, i))->number));
}

static GHashTable *
copy_numbers (GHashTable *numbers)
{
  GHashTable *copy = number_set_new ();
  GHashTableIter iter;
  gpointer number;

  g_hash_table_iter_init (&iter, numbers);
  while (g_hash_table_iter_next (&iter, &number, NULL))
    g_hash_table_add (copy, ulak_gint64_dup (*(gint64 *) number));
  return copy;
}

/**
 * ulak_webhook_store_claim_async:
 * @self: a store
 * @endpoint_row: of which endpoint; no other claim of it may be under way
 * @limit: at most so many, 1 or more; fewer may come although more are due
 *
 * Hands out heads that are due, longest due first.
 */
void
ulak_webhook_store_claim_async (UlakWebhookStore *self,
                                gint64 endpoint_row,
                                guint limit,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  UlakClaims *claims = get_claims (self, endpoint_row);
  ClaimOp *op = g_new0 (ClaimOp, 1);

  g_assert (!claims->is_reading);
  claims->is_reading = TRUE;
  op->op.after = claimed;
  op->endpoint = endpoint_row;
  op->wanted = limit;
  op->held = copy_numbers (claims->held);
  op->deliveries = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_delivery_free);
  ulak_webhook_store_run (self, ULAK_STORE_READ, claim_work, op, claim_op_free, claim_work, callback, user_data);
}

/**
 * ulak_webhook_store_claim_finish:
 * @more_out: (out): whether others may be due already
 * @next_due_us_out: (out): when the next of the others will be due, wall clock; 0 for never
 *
 * Returns: (transfer full) (element-type UlakDelivery): what is the caller's now
 */
GPtrArray *
ulak_webhook_store_claim_finish (UlakWebhookStore *self,
                                 GAsyncResult *result,
                                 gboolean *more_out,
                                 gint64 *next_due_us_out,
                                 GError **error)
{
  ClaimOp *op = ulak_webhook_store_take (self, result, claim_work, error);
  GPtrArray *deliveries;

  if (op == NULL)
    return NULL;
  *more_out = op->more;
  *next_due_us_out = op->next_due_us;
  deliveries = g_steal_pointer (&op->deliveries);
  op->deliveries = g_ptr_array_new ();
  return deliveries;
}

/* Gives a claim back unused. */
void
ulak_webhook_store_release (UlakWebhookStore *self, const UlakDelivery *delivery)
{
  g_hash_table_remove (get_claims (self, delivery->endpoint)->held, &delivery->number);
}

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
    g_hash_table_remove (get_claims (self, op->endpoint)->held, &op->number);
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
