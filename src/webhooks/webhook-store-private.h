/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the files of the webhook store share: the object, and the life of one operation.
 *
 * An operation is a struct that starts with UlakStoreOp; its work runs on a thread of the engine and touches nothing else.
 * What the transaction did to the counters and to the queues is noted in the operation and applied to the object on
 * the main thread after the commit.
 */
#pragma once

#include "webhooks/webhook-store.h"

#define SQL(name) "/org/ulak/sql/webhooks/" name ".sql"

struct _UlakWebhookStore
{
  GObject parent_instance;

  UlakStore *store; /* (owned) */
  UlakClock *clock; /* (owned) */
  gint64 max_bytes;
  gint64 used_bytes;
  gint64 last_sequence;
  gint64 prune_cursor; /* events up to here are needed or were looked at in this round */
  GHashTable *pending; /* (owned) (element-type utf8 guint64): deliveries in the queue per account */
  guint64 pending_total;
  GHashTable *claims; /* (owned) (element-type gint64 UlakClaims) */
};

typedef void (*UlakStoreAfter) (UlakWebhookStore *self, gpointer op, gboolean is_committed);

typedef struct
{
  UlakStoreAfter after; /* (nullable): on the main thread, before the caller's callback */
  gint64 now_us;
  GHashTable *pending; /* (owned) (nullable) (element-type utf8 int): changes of the counters */
  GHashTable *due;     /* (owned) (nullable) (element-type gint64): endpoints to look at */
} UlakStoreOp;

typedef enum
{
  ULAK_STORE_READ,
  ULAK_STORE_WRITE,
} UlakStoreMode;

void ulak_store_op_clear (UlakStoreOp *op);
void ulak_webhook_store_run (UlakWebhookStore *self, UlakStoreMode mode, UlakStoreWork work, gpointer op, GDestroyNotify op_free, gpointer tag, GAsyncReadyCallback callback, gpointer user_data);
gpointer ulak_webhook_store_take (UlakWebhookStore *self, GAsyncResult *result, gpointer tag, GError **error);

/* For works. */
gboolean ulak_store_op_add_pending (UlakStoreOp *op, UlakDatabase *database, const char *account, int change, GError **error);
void ulak_store_op_add_due (UlakStoreOp *op, gint64 endpoint);
gboolean ulak_store_run_with_number (UlakDatabase *database, const char *sql, const char *name, gint64 value, GError **error);
gboolean ulak_store_read_used_bytes (UlakDatabase *database, gint64 *bytes_out, GError **error);
gboolean ulak_store_enqueue (UlakStoreOp *op, UlakDatabase *database, gint64 endpoint, gint64 sequence, const char *lane, gboolean *is_new_out, GError **error);
void ulak_store_drop_claim (UlakWebhookStore *self, gint64 endpoint, gint64 number);
gboolean ulak_store_wake_lane (UlakStoreOp *op, UlakDatabase *database, gint64 endpoint, const char *lane, GError **error);
gboolean ulak_store_end_delivery (UlakStoreOp *op, UlakDatabase *database, gint64 number, UlakDeliveryStatus status, gboolean *was_queued_out, GError **error);
gboolean ulak_store_add_attempt (UlakDatabase *database, gint64 number, const UlakAttempt *attempt, GError **error);
gboolean ulak_store_prune_events (UlakDatabase *database, gint64 older_than_us, gint64 keep_bytes, gint64 *cursor, gboolean *more_out, GError **error);

gint64 *ulak_gint64_dup (gint64 value);
