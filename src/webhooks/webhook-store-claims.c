/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Claims: deliveries on their way.
 *
 * Claims are kept per endpoint in memory. A claim reads a snapshot on a reader's thread while the end of another
 * delivery may be committing; its row could still be in that snapshot, so a claim passes over what was held when it began.
 */
#include "webhooks/webhook-store-private.h"

#include <string.h>

/* What one claim may bring into memory. */
#define CLAIM_BYTES_MAX (4 * 1024 * 1024)

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

void
ulak_store_drop_claim (UlakWebhookStore *self, gint64 endpoint, gint64 number)
{
  g_hash_table_remove (get_claims (self, endpoint)->held, &number);
}

/* Gives a claim back unused. */
void
ulak_webhook_store_release (UlakWebhookStore *self, const UlakDelivery *delivery)
{
  ulak_store_drop_claim (self, delivery->endpoint, delivery->number);
}
